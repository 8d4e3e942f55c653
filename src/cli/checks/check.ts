/** What a check is, and how checks are run: each for itself, so that one that can't be made never ends the others. */
import { ConfigError } from "../../config/error.ts";
import { StateError } from "../../config/state.ts";
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

/** Raised by a part of the subject that isn't to be had, because of what the check `because` tells. */
export class NotToBeHad extends Error {
  readonly because: string;
  constructor(because: string) {
    super(`not looked at, because of \`${because}\``);
    this.because = because;
  }
}

/** Makes one examination. Never throws: an error is a failure with its message. */
export async function examine({ id, look, remedy }: Examination, subject: Subject): Promise<Check> {
  try {
    return { id, ...(await look(subject)) };
  } catch (error) {
    if (error instanceof NotToBeHad) return { id, ...warn(error.message, `Mend \`${error.because}\` first.`) };
    if (error instanceof Refusal) return { id, ...fail(error.message, error.remedy) };
    const message = error instanceof Error ? error.message : String(error);
    const [, reason = message, mend] = error instanceof ConfigError || error instanceof StateError ? splitMend(message) : [];
    return { id, ...fail(reason, mend ?? remedy) };
  }
}

/** `reason: mend`, as errors of configuration and state say it; a list of problems stays whole. */
function splitMend(message: string): readonly [whole: string, reason?: string, mend?: string] {
  const [, reason, mend] = /^([^\n]*?): ([^\n]*)$/.exec(message) ?? [];
  return reason !== undefined && mend !== undefined ? [message, reason, mend] : [message];
}
