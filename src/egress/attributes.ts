/** The attributes of one start tag, names in lower case; used again for the next. Few at a time, so two lists beat a map (a fifth of the whole walk). */
export class Attributes {
  readonly #names: string[] = [];
  readonly #values: string[] = [];

  get size(): number {
    return this.#names.length;
  }

  clear(): void {
    this.#names.length = 0;
    this.#values.length = 0;
  }

  /** Keeps the first of a name, as browsers do. */
  add(name: string, value: string): void {
    if (this.has(name)) return;
    this.#names.push(name);
    this.#values.push(value);
  }

  has(name: string): boolean {
    return this.#names.includes(name);
  }

  get(name: string): string | undefined {
    const index = this.#names.indexOf(name);
    return index < 0 ? undefined : this.#values[index]; // a look at [-1] leaves the fast path
  }
}
