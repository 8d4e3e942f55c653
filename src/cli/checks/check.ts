/** What a check is, and how checks are run: each for itself, so that one that can't be made never ends the others. */
import { ConfigError } from "../../config/error.ts";
import { StateError } from "../../config/state.ts";
import { PolicyError, formatProblem } from "../../policy/problems.ts";
import { Refusal } from "../../types.ts";
import type { Subject } from "./subject.ts";

/** What was found. `remedy` is empty when there is nothing to do. */
export interface Finding {
  readonly status: "ok" | "warn" | "fail";
  readonly message: string;
  readonly remedy: string;
}

/** A finding under the name of its check, a stable word of docs/doctor.md. */
export interface Check extends Finding {
  readonly id: string;
}

/** One thing to look at. */
export interface Examination {
  readonly id: string;
  /** Is it looked at and logged when a server starts? Then it must cost next to nothing and tell nobody outside. */
  readonly atStart: boolean;
  readonly look: (subject: Subject) => Finding | Promise<Finding>;
  /** What to do about an error of `look` that says nothing of it. */
  readonly remedy: string;
}

export const ok = (message: string): Finding => ({ status: "ok", message, remedy: "" });
export const warn = (message: string, remedy: string): Finding => ({ status: "warn", message, remedy });
export const fail = (message: string, remedy: string): Finding => ({ status: "fail", message, remedy });

/** Raised by a part of the subject that can't be had; the check `toldBy` says why (`cause`). */
export class NotToBeHad extends Error {
  readonly toldBy: string;
  constructor(toldBy: string, cause: unknown) {
    super(`not looked at, because of \`${toldBy}\``, { cause });
    this.toldBy = toldBy;
  }
}

/** Makes one examination. Never throws: an error is a failure with its message. */
export async function examine({ id, look, remedy }: Examination, subject: Subject): Promise<Check> {
  try {
    return { id, ...(await look(subject)) };
  } catch (error) {
    if (!(error instanceof NotToBeHad)) return { id, ...describe(error, remedy) };
    if (error.toldBy === id) return { id, ...describe(error.cause, remedy) };
    return { id, ...warn(error.message, `Mend \`${error.toldBy}\` first.`) };
  }
}

function describe(error: unknown, remedy: string): Finding {
  if (error instanceof Refusal) return fail(error.message, sentence(error.remedy));
  if (error instanceof PolicyError) return fail(error.problems.map(formatProblem).join("; "), remedy);
  const message = error instanceof Error ? error.message : String(error);
  // Our own errors say `reason: mend`, but for problems in files (`file:line:col: problem`).
  const carriesMend = error instanceof ConfigError || error instanceof StateError;
  const [, reason = message, mend] = (carriesMend && /^(?!.*:\d+:\d+: )([^\n]*?): ([^\n]*)$/.exec(message)) || [];
  return fail(reason, mend === undefined ? remedy : sentence(mend));
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
