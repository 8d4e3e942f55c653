import { lstatSync, readlinkSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Refusal } from "../types.ts";
import { SHARED_MEMORY } from "./limits.ts";
import { isWithin } from "./program-path.ts";
import type { RunRequest, SandboxView } from "./request.ts";

/** Above this many mounts bubblewrap itself takes more than a second (it reads the mount table again after each). */
const MOST_MOUNTS = 1000;

/**
 * bubblewrap's options for a command, without the command: own user, mount, pid, network, IPC and UTS namespaces, no capabilities, and the view.
 * `more` are mounts that lie in none of these. They are passed by descriptor (`--args`), so that /proc/1/cmdline inside tells nothing about the machine.
 */
export function bubblewrapOptions(
  request: Pick<RunRequest, "view" | "spec" | "cwd">,
  env: Readonly<Record<string, string>>,
  more: readonly string[] = [],
): string[] {
  const { view, spec, cwd } = request;
  return [
    ..."--unshare-user --unshare-all --disable-userns --assert-userns-disabled".split(" "),
    ..."--die-with-parent --new-session --cap-drop ALL --hostname sandbox --clearenv".split(" "),
    ...Object.entries(env).flatMap(([name, value]) => ["--setenv", name, value]),
    ..."--proc /proc --ro-bind /proc/sys /proc/sys --dev /dev".split(" "),
    // /dev is a tmpfs without a bound of its own: make it read-only and /dev/shm small
    ...`--size ${SHARED_MEMORY} --perms 1777 --tmpfs /dev/shm --remount-ro /dev`.split(" "),
    ...`--size ${Math.min(spec.disk, spec.memory)} --perms 1777 --tmpfs /tmp`.split(" "),
    ...mounts(view, spec.profile === "workspace-write"),
    ...more,
    "--remount-ro",
    "/",
    "--chdir",
    cwd,
  ];
}

type Kind = "writable" | "read-only" | "hidden";

/** All binds in one list ordered by path, so that what lies deeper is mounted later and stays on top. */
function mounts(view: SandboxView, mayWrite: boolean): string[] {
  const plan = new Map<string, Kind>();
  for (const path of view.systemPaths) plan.set(path, "read-only");
  for (const { path, writable } of view.workspaces) plan.set(path, writable && mayWrite ? "writable" : "read-only");
  const roots = [...plan.keys()];
  const rootOf = (path: string): string | undefined => roots.filter((root) => isWithin(path, root)).sort((a, b) => b.length - a.length)[0];
  const guard = (path: string, kind: Kind): void => {
    const root = rootOf(path);
    if (root === undefined) return; // nothing of it is shown anyway
    if (plan.get(root) === "writable") for (const ancestor of between(path, root)) if (!plan.has(ancestor)) plan.set(ancestor, "writable");
    plan.set(path, kind);
  };
  for (const path of view.readOnly) if (plan.get(rootOf(path) ?? "") === "writable") guard(path, "read-only");
  for (const path of view.masked) guard(path, "hidden");
  if (plan.size > MOST_MOUNTS) {
    throw new Refusal(
      "SANDBOX_UNAVAILABLE",
      `${plan.size} paths would have to be hidden or protected, more than ${MOST_MOUNTS}`,
      "deny whole directories instead of single files",
    );
  }
  const hidden = [...plan.keys()].filter((path) => plan.get(path) === "hidden");
  const covered = (path: string): boolean => hidden.some((other) => other !== path && isWithin(path, other));
  return [...plan].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([path, kind]) => (covered(path) ? [] : mount(path, kind)));
}

/**
 * The directories above `path` below `root`. They are mounted onto themselves, because a mount point can't be renamed: otherwise a command could move
 * `config/` away and the next command, whose view is made from the new names, would find `moved/secrets` unprotected.
 */
function between(path: string, root: string): string[] {
  const found: string[] = [];
  for (let parent = dirname(path); parent !== root && isWithin(parent, root); parent = dirname(parent)) found.push(parent);
  return found;
}

function mount(path: string, kind: Kind): string[] {
  if (kind === "hidden") return hide(path);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return []; // gone since the view was made; binding it would create it
  // merged /usr: /bin is a link, and stays one
  if (stats.isSymbolicLink()) return ["--symlink", readlinkSync(path), path];
  return [kind === "writable" ? "--bind" : "--ro-bind", path, path];
}

/**
 * A hidden directory is an empty one of mode 0; a hidden file is the null device on a mount that allows no devices, so that opening it fails with
 * EACCES for readers and writers (an empty file would look like success).
 */
function hide(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  if (stats.isDirectory()) return ["--perms", "0000", "--size", "4096", "--tmpfs", path, "--remount-ro", path];
  return ["--ro-bind", "/dev/null", path];
}
