/** Containers that indent (quotes and list items) beyond this depth stay where they are, and none indents more: each line repeats them all. */
const DEEPEST_INDENT = 6;
const WIDEST_INDENT = 4;

interface Container {
  readonly prefix: string;
  readonly indents: boolean;
}

/** A mark that waits for its first text, so that an empty element leaves nothing behind. */
interface Mark {
  readonly open: string;
  written: boolean;
}

/**
 * Writes Markdown as the walk goes: blocks, lines, marks and text. White space is folded as a browser folds it. Nothing written is looked at
 * again, so the time is linear in the input.
 */
export class MarkdownWriter {
  #out = "";
  #pieces = 0;
  readonly #containers: Container[] = [];
  readonly #marks: Mark[] = [];
  /** Line ends still to be written before the next text; 2 is a blank line. */
  #breaks = 0;
  #joint = "";
  #space = false;
  #empty = true;
  /** What stands before every line, and what stands before the next one instead (an item's bullet). */
  #prefix = "";
  /** What stands on the blank line: the outermost container that it was asked for in. */
  #gap = "";
  #bullet: string | undefined;
  #fenced: string[] | undefined;

  block(): void {
    if (this.#breaks < 2 || this.#prefix.length < this.#gap.length) this.#gap = this.#prefix.trimEnd();
    this.#breaks = 2;
  }

  line(): void {
    this.#breaks = Math.max(this.#breaks, 1);
  }

  /** A `<br>`: a second one in a row makes a blank line. */
  lineBreak(): void {
    if (this.#fenced) this.#fenced.push("\n");
    else if (this.#breaks === 0) this.#breaks = 1;
    else this.block();
  }

  /** A new line whatever came before: a row of a table. */
  startLine(): void {
    this.#joint = "";
    this.line();
  }

  /** The next text goes on in the same line behind this separator, whatever breaks are asked for until then: the next cell of a row. */
  joinLine(separator: string): void {
    this.#joint = separator;
  }

  text(text: string): void {
    if (this.#fenced) {
      this.#fenced.push(text);
      return;
    }
    const folded = /[^\S ]|  /.test(text) ? text.replace(/\s+/g, " ") : text;
    if (folded.startsWith(" ")) this.#space = true;
    const inner = folded.trim();
    if (inner === "") return;
    this.#write(inner);
    this.#space = folded.endsWith(" ");
  }

  open(mark: string): Mark {
    const opened = { open: mark, written: false };
    if (!this.#fenced) this.#marks.push(opened);
    return opened;
  }

  close(mark: Mark, end: string): void {
    if (mark.written) this.#out += end;
    else {
      const waiting = this.#marks.lastIndexOf(mark);
      if (waiting >= 0) this.#marks.splice(waiting, 1);
    }
  }

  /** Begins a quote, or a list item with its bullet. */
  openContainer(bullet: string | undefined): Container {
    const container = { prefix: this.#prefix, indents: this.#containers.length < DEEPEST_INDENT };
    this.#containers.push(container);
    if (!container.indents) this.line();
    else if (bullet === undefined) {
      this.block();
      this.#prefix += "> ";
    } else {
      this.line();
      this.#bullet = (this.#bullet ?? this.#prefix) + bullet;
      this.#prefix += " ".repeat(Math.min(bullet.length, WIDEST_INDENT));
    }
    return container;
  }

  closeContainer(container: Container): void {
    this.#containers.pop();
    if (container.indents) this.#prefix = container.prefix;
    this.#bullet = undefined;
    this.line();
  }

  /** Grows with every piece written. */
  get length(): number {
    return this.#pieces;
  }

  get inFence(): boolean {
    return this.#fenced !== undefined;
  }

  openFence(): void {
    this.block();
    this.#fenced = [];
  }

  /** Ends preformatted text: its fence is longer than any run of backticks inside. */
  closeFence(language: string): void {
    const code = (this.#fenced ?? []).join("").replace(/^\n/, "").trimEnd();
    this.#fenced = undefined;
    if (code.trim() === "") return;
    const longest = (code.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);
    const fence = "`".repeat(longest + 1);
    this.#write(`${fence}${language}\n${code}\n${fence}`.replaceAll("\n", `\n${this.#prefix}`));
    this.block();
  }

  toString(): string {
    return this.#out;
  }

  #write(text: string): void {
    if (this.#joint !== "") this.#out += this.#joint;
    else if (this.#breaks > 0 && !this.#empty) {
      this.#out += this.#breaks > 1 ? `\n${this.#gap}\n` : "\n";
      this.#out += this.#bullet ?? this.#prefix;
    } else if (this.#empty) this.#out += this.#bullet ?? this.#prefix;
    else if (this.#space) this.#out += " ";
    if (this.#empty || this.#breaks > 0) this.#bullet = undefined;
    if (this.#marks.length > 0) {
      for (const mark of this.#marks.splice(0)) {
        this.#out += mark.open;
        mark.written = true;
      }
    }
    this.#out += text;
    this.#pieces += 1;
    this.#joint = "";
    this.#breaks = 0;
    this.#space = false;
    this.#empty = false;
  }
}

export type { Container, Mark };
