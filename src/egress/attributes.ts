/** The attributes of one start tag, names in lower case; used again for the next. Few at a time, so two lists beat a map (a fifth of the whole walk). */
export class Attributes {
  readonly #names: string[] = [];
  readonly #values: string[] = [];
  /** What lies behind belongs to earlier tags. */
  #size = 0;

  get size(): number {
    return this.#size;
  }

  clear(): void {
    this.#size = 0;
  }

  /** Keeps the first of a name, as browsers do. */
  add(name: string, value: string): void {
    if (this.has(name)) return;
    this.#names[this.#size] = name;
    this.#values[this.#size] = value;
    this.#size += 1;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  get(name: string): string | undefined {
    for (let index = 0; index < this.#size; index += 1) if (this.#names[index] === name) return this.#values[index];
    return undefined;
  }
}
