import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, marked } from "./sandbox-scene.ts";
import type { Aftermath, Guard } from "./sandbox-scene.ts";

/** One attack. Unconfined it succeeds (the control); confined it must not, but for the backends under `escapes`, where docs/threat-model.md says so. */
export interface Attack {
  readonly name: string;
  readonly script: string;
  readonly succeeded: (after: Aftermath) => boolean;
  readonly guard?: Guard;
  /** Where it is expected to succeed all the same, and under which heading docs/threat-model.md says so. */
  readonly escapes?: { readonly backend: "bwrap" | "landlock"; readonly heading: string };
}

/** The secret from outside was printed. */
export const leaks = ({ output, scene }: Aftermath): boolean => output.includes(scene.token);
/** A secret of the server's environment was printed. */
export const leaksServer = ({ output, scene }: Aftermath): boolean => output.includes(scene.serverToken);
/** The attack itself says that it succeeded; only where it can know. */
export const says = ({ output }: Aftermath): boolean => output.includes("ESCAPED");
/** A path outside of the workspace. */
export const outside = (name: string, { scene }: Aftermath): string => join(scene.lab.outside, name);
/** A path in the workspace. */
export const inside = (name: string, { scene }: Aftermath): string => join(scene.lab.workspace, name);
/** Something new lies outside. */
export const marks = (after: Aftermath): boolean => existsSync(outside("mark", after));
/** Something new lies in a directory that the machine shares. */
export const marksIn =
  (directory: string) =>
  ({ scene }: Aftermath) =>
    existsSync(join(directory, `portcullis-mark-${scene.token}`));
/** The secret outside is gone or changed. */
export const loses = (after: Aftermath): boolean =>
  !existsSync(outside("secret", after)) || readFileSync(outside("secret", after), "utf8") !== after.scene.token;
/** A file of the workspace is gone or not as it was. */
export const changes = (name: string, was: string) => (after: Aftermath) =>
  !existsSync(inside(name, after)) || readFileSync(inside(name, after), "utf8") !== was;
/** The sheep is dead. */
export const kills = ({ scene }: Aftermath): boolean => !isAlive(scene.sheep());
/** Something of the attack still runs. */
export const survives = ({ scene }: Aftermath): boolean => marked(`portcullis-mark-${scene.token}`).length > 0;
/** The sheep may open ten files only. */
export const limitOfSheep = ({ scene }: Aftermath): boolean =>
  /^Max open files\s+10\s/m.test(readFileSync(`/proc/${scene.sheep().pid}/limits`, "utf8"));
/** The sheep runs at the lowest priority. */
export const niceOfSheep = ({ scene }: Aftermath): boolean =>
  readFileSync(`/proc/${scene.sheep().pid}/stat`, "utf8").split(") ")[1]?.split(" ")[16] === "19";

/** With a heading: an expected escape of the Landlock backend. */
type Row = readonly [name: string, script: string, heading?: string];
/** Attacks that are proved alike. */
export const rows = (succeeded: Attack["succeeded"], list: readonly Row[], guard?: Guard): Attack[] =>
  list.map(([name, script, heading]) => ({
    name,
    script,
    succeeded,
    ...(guard && { guard }),
    ...(heading !== undefined && { escapes: { backend: "landlock", heading } }),
  }));

/** A line of perl as a shell command: perl is on every Debian, and can make any system call. */
export const perl = (source: string): string => `perl -e '${source}'`;
/** What perl prints when it got through. */
export const ESCAPED = `print "ESCAPED"`;
