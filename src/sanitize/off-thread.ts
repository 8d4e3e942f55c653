/** Runs checks in a worker thread, one at a time, each with a time limit. The thread starts at the first large answer and never keeps the process alive. */
import type { Worker } from "node:worker_threads";
import { Refusal } from "../types.ts";
import type { Job } from "./worker.ts";

/** Settles with the answer of the worker, or with a refusal: an answer that couldn't be checked is withheld. */
type OffThread = (job: Job) => Promise<unknown>;

/** Memory for one check; a text that needs more isn't one for a model. */
const MEMORY_MB = 768;

/** A runner with a time limit in milliseconds for each job. */
export function createOffThread(timeLimit: number): OffThread {
  let worker: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const runNow = async (job: Job): Promise<unknown> => {
    const thread = (worker ??= await start((ended) => {
      if (worker === ended) worker = undefined;
    }));
    return new Promise((resolve, reject) => {
      // A pending check keeps the process alive, an idle thread doesn't.
      thread.ref();
      const settle = (done: () => void): void => {
        clearTimeout(timer);
        thread.off("message", onMessage).off("error", onError).off("exit", onExit).unref();
        done();
      };
      const fail = (refusal: Refusal): void =>
        settle(() => {
          worker = undefined;
          void thread.terminate();
          reject(refusal);
        });
      const onMessage = (answer: unknown): void => settle(() => resolve(answer));
      const onError = (error: unknown): void => fail(broken(error));
      const onExit = (): void => fail(broken(new Error("the worker ended")));
      const timer = setTimeout(() => fail(tooSlow(timeLimit)), timeLimit);
      thread.on("message", onMessage).on("error", onError).on("exit", onExit);
      thread.postMessage(job);
    });
  };

  return (job) => {
    const next = last.then(() => runNow(job));
    // Expected: whoever waits for `next` hears of it; the queue goes on.
    last = next.catch(() => undefined);
    return next;
  };
}

/** Starts a thread; `gone` is told when it ends for whatever reason, so that the next check starts another. */
async function start(gone: (thread: Worker) => void): Promise<Worker> {
  const { Worker } = await import("node:worker_threads");
  // From sources this file is TypeScript, in a bundle the worker is an entry beside the code that starts it.
  const entry = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./sanitize-worker.js";
  const thread = new Worker(new URL(entry, import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    env: {},
    execArgv: [],
  });
  thread.on("error", () => gone(thread));
  thread.on("exit", () => gone(thread));
  thread.unref();
  return thread;
}

function tooSlow(timeLimit: number): Refusal {
  return new Refusal(
    "TIMEOUT",
    `the answer is withheld: checking it for secrets took more than ${timeLimit} ms`,
    "ask for less at once: a part of the file, fewer matches or shorter output",
  );
}

/** What an answer becomes when its check failed. */
export function broken(cause: unknown): Refusal {
  return new Refusal(
    "FAILED",
    "the answer is withheld: it could not be checked for secrets",
    "ask for less at once; if it happens again, report it with the call's id",
    cause,
  );
}
