/** The shape that both readers of a command must arrive at, independently, for it to count as simple. */

/** One word after quote removal. */
export interface Token {
  readonly text: string;
  /** The word as a glob pattern (quoted characters behind a backslash) when it holds an unquoted `*`, `?` or `[...]`. */
  readonly glob?: string;
  /** Begins with an unquoted `~`. */
  readonly tilde?: true;
  /** Holds a live `$?`, written `$?` in `text`. */
  readonly status?: true;
}

/**
 * A redirection. `>|` counts as write, `&>f` is written as `>f 2>&1`.
 * `dup`: the target is a descriptor number; `text`: the target is the standard input itself (here-document, here-string).
 */
export interface Redirection {
  readonly fd: number;
  readonly mode: "read" | "write" | "append" | "both" | "dup" | "close" | "text";
  readonly target: Token;
}

export interface Assignment {
  readonly name: string;
  readonly value: string;
}

/** One simple command: no expansion but globs, a leading tilde and `$?`. */
export interface SimpleCommand {
  readonly assignments: readonly Assignment[];
  readonly words: readonly Token[];
  readonly redirections: readonly Redirection[];
}

/** Commands joined by `|`; `time` is bash's keyword before the pipeline. */
export interface Pipeline {
  readonly time?: "time" | "time -p";
  readonly commands: readonly SimpleCommand[];
}

/** Pipelines joined by `&&` and `||`: `operators[i]` stands between pipeline i and i + 1. */
export interface AndOr {
  readonly pipelines: readonly Pipeline[];
  readonly operators: readonly ("&&" | "||")[];
}

/** And-or lists joined by `;` or newline. */
export type Line = readonly AndOr[];

/** Why a reader stopped: `script` for what parses but can't be known before it runs, `refused` for what does not parse. */
export class Stop extends Error {
  readonly verdict: "script" | "refused";
  constructor(verdict: "script" | "refused", reason: string) {
    super(reason);
    this.name = "Stop";
    this.verdict = verdict;
  }
}

/** Words that are grammar where a command begins (bash manual, 3.2.1 Reserved Words). */
export const RESERVED: ReadonlySet<string> = new Set(
  "if then else elif fi case esac for select while until do done in function time { } ! [[ ]] coproc".split(" "),
);
