/** The thread that checks large answers, so that the server stays responsive and a slow check can be stopped. Entry of its own in the bundle. */
import { parentPort } from "node:worker_threads";
import { createHeldFinder, type HeldSecret } from "./held.ts";
import { type SanitizeOptions, sanitizeText } from "./passes.ts";
import { sanitizeValue } from "./value.ts";

/** A text or a JSON value to check, with what the main thread knows. */
export interface Job {
  readonly kind: "text" | "value";
  readonly input: unknown;
  readonly options: SanitizeOptions;
  readonly secrets: readonly HeldSecret[];
  readonly delimiter: string;
}

let secrets: readonly HeldSecret[] = [];
const held = createHeldFinder(() => secrets);

parentPort?.on("message", (job: Job) => {
  secrets = job.secrets;
  const context = { held, delimiter: job.delimiter };
  const result =
    job.kind === "text" ? sanitizeText(String(job.input), job.options, context) : sanitizeValue(job.input, job.options, context);
  parentPort?.postMessage(result);
});
