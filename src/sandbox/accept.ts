import { realpathSync } from "node:fs";
import { Refusal } from "../types.ts";
import { isWithin } from "./program-path.ts";
import type { Backend, RunRequest } from "./request.ts";

/** MAX_ARG_STRLEN of the kernel: one argument or environment entry, its NUL included. */
const LONGEST = 131_072;

/**
 * Can `request` be run as it stands where `backend` is what works? Gives the backend to use; throws INVALID_INPUT, NOT_FOUND or SANDBOX_UNAVAILABLE.
 * An obligation that can't be enforced refuses the command: a demand for one backend is never met by another.
 */
export function acceptRequest(request: RunRequest, backend: Backend, reason: string): Exclude<Backend, "none"> {
  const words = "argv" in request.command ? request.command.argv : [request.command.script];
  const program = "argv" in request.command ? words[0] : "/";
  if (program === undefined || !program.startsWith("/"))
    throw invalid("the program must be given by its absolute path", "look it up in shell.path first");
  for (const word of [...words, ...Object.entries(request.env).flat(), request.cwd]) {
    if (word.includes("\0")) throw invalid("a NUL character can't be part of a command", "remove it");
    if (Buffer.byteLength(word) >= LONGEST) throw invalid("an argument is longer than 128 KiB", "pass it by stdin or in a file");
  }
  for (const name of Object.keys(request.env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw invalid(`\`${name}\` is no name for a variable`, "use letters, digits and _");
  }
  const cwd = realOf(request.cwd);
  if (!request.view.workspaces.some((workspace) => isWithin(cwd, workspace.path))) {
    throw new Refusal("DENIED", "the working directory is not in a workspace", "give a cwd inside a workspace");
  }
  if (cwd !== request.cwd) throw invalid("the working directory is reached through a link", "give its real path");
  return chooseBackend(request, backend, reason);
}

function chooseBackend(request: RunRequest, backend: Backend, reason: string): Exclude<Backend, "none"> {
  const { spec } = request;
  const offline = spec.network === "none";
  if (!offline && (request.wayOut === undefined || spec.backend === "off" || (backend !== "bwrap" && backend !== "none")))
    throw unavailable("a network for commands needs the bwrap backend", "set sandbox.network to none, or install bubblewrap");
  // `off` only when literally said
  if (spec.backend === "off") return "off";
  if (backend === "none") throw unavailable(`no sandbox works here: ${reason}`, "run `portcullis doctor`");
  if (spec.backend !== "auto" && spec.backend !== backend) {
    throw unavailable(
      `the policy demands the ${spec.backend} backend, but what works here is ${backend}`,
      "set sandbox.backend to auto, or install what it needs",
    );
  }
  return backend;
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    throw new Refusal("NOT_FOUND", "the working directory does not exist", "give an existing directory", cause);
  }
}

function invalid(reason: string, remedy: string): Refusal {
  return new Refusal("INVALID_INPUT", reason, remedy);
}

function unavailable(reason: string, remedy: string): Refusal {
  return new Refusal("SANDBOX_UNAVAILABLE", reason, remedy);
}
