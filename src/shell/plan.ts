/** A command line as it will run: every glob expanded, every program and directory decided. What the printer prints. */
import type { Assignment, Redirection } from "./line.ts";

export interface PlannedWord {
  readonly text: string;
  /** Names a program: the printer puts an absolute path in its place. */
  readonly program?: true;
  /** Every `$?` in it is live. */
  readonly status?: true;
  /** A shell text of its own, printed anew. */
  readonly nested?: Plan;
}

export interface PlannedCommand {
  /**
   * `run` a program; `cd` to the real directory in `words[0]`; `enter` the same and end the script when that fails, because what follows
   * was judged there; `builtin` a harmless builtin of bash (`command -v`, `type`).
   */
  readonly kind: "run" | "cd" | "enter" | "builtin";
  readonly assignments: readonly Assignment[];
  readonly words: readonly PlannedWord[];
  /** Targets of files are as written, with a leading tilde replaced. */
  readonly redirections: readonly Redirection[];
}

export interface PlannedPipeline {
  readonly time?: "time" | "time -p";
  readonly commands: readonly PlannedCommand[];
}

interface PlannedList {
  readonly pipelines: readonly PlannedPipeline[];
  readonly operators: readonly ("&&" | "||")[];
}

export type Plan = readonly PlannedList[];
