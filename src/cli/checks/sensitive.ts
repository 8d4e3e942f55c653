/** Credentials in the home of the server's user, and what that means for them. */
import { accessSync, constants } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { ok, warn } from "./check.ts";
import type { Examination, Finding } from "./check.ts";
import type { Subject } from "./subject.ts";

export const sensitiveChecks: readonly Examination[] = [
  { id: "sensitive", atStart: false, look: checkSensitive, remedy: "Set HOME to a directory of this user." },
];

const PLACES = ".ssh .gnupg .aws .azure .config/gcloud .config/gh .kube .docker/config.json .netrc .npmrc .pypirc .git-credentials".split(
  " ",
);

async function checkSensitive(subject: Subject): Promise<Finding> {
  const { home } = subject.around;
  const found = home === "" ? [] : PLACES.filter((place) => isReadable(join(home, place)));
  if (found.length === 0) return ok("no credentials of other programs in the home directory");
  const open = await subject.config().then(
    ({ workspaces }) => found.filter((place) => workspaces.some((workspace) => isWithin(join(home, place), workspace))),
    () => undefined,
  );
  const backend = await subject.policy().then(
    ({ settings }) => settings.sandbox.backend,
    () => undefined,
  );
  const meaning = [
    ...(open === undefined ? [] : [sayOpen(open)]),
    ...(backend === undefined ? [] : [sayCommands(backend)]),
    "what the policy itself starts (`command:` secrets) can read them",
  ];
  return warn(
    `this user can read ${list(found)}: ${meaning.join("; ")}`,
    [
      ...(open && open.length > 0 ? ["Serve a workspace that does not hold them."] : []),
      ...(backend === "off" ? ["Set sandbox.backend to auto in the policy."] : []),
      "To have nothing within reach, run the server as a user of its own.",
    ].join(" "),
  );
}

function sayOpen(open: readonly string[]): string {
  if (open.length === 0) return "they lie outside the workspaces, where no file tool reaches them";
  return `${list(open)} inside a workspace: only rules of the policy keep tools and commands from them`;
}

function sayCommands(backend: string): string {
  if (backend === "off") return "commands are not confined (sandbox.backend is off) and can read all of them";
  return "sandboxed commands do not see what is outside the workspaces";
}

function list(places: readonly string[]): string {
  return places.map((place) => `~/${place}`).join(", ");
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false; // that is the question
  }
}

function isWithin(path: string, parent: string): boolean {
  const way = relative(parent, path);
  return way !== ".." && !way.startsWith("../") && !isAbsolute(way);
}
