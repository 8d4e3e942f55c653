import { lstatSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, sep } from "node:path";
import { Refusal } from "../types.ts";
import type { Account } from "./user.ts";

/** Is `path` the directory `parent` or inside it? Both absolute and normalized. */
export function isWithin(path: string, parent: string): boolean {
  return path === parent || path.startsWith(parent.endsWith(sep) ? parent : parent + sep);
}

/**
 * The directories in which commands look for programs: `configured`, or for `auto` the server's own PATH, less what a command could plant programs
 * in. Dropped are relative and missing entries, entries in a writable directory of the sandbox or around one (it would all be shown), entries
 * that everyone may write, and those that `account`, if commands run as another user, can't reach (root's own ~/bin).
 */
export function programPath(options: {
  readonly serverPath: string;
  readonly configured: "auto" | readonly string[];
  readonly writable: readonly string[];
  readonly account?: Account | undefined;
}): string[] {
  const { serverPath, configured, account } = options;
  const writable = options.writable.map((path) => realOf(path) ?? path);
  const entries = configured === "auto" ? serverPath.split(":") : configured;
  return [...new Set(entries)].filter((entry) => {
    const real = isAbsolute(entry) ? realOf(entry) : undefined;
    if (real === undefined) return false;
    if (writable.some((place) => isWithin(real, place) || isWithin(place, real))) return false;
    const stats = statSync(real, { throwIfNoEntry: false });
    return (
      stats !== undefined && stats.isDirectory() && (stats.mode & 0o002) === 0 && (account === undefined || isReachable(real, account))
    );
  });
}

/** May `account` enter the real directory `path` and all above it? By mode bits: an access list that says more is passed over. */
function isReachable(path: string, { uid, gid }: Account): boolean {
  const stats = statSync(path);
  const shift = stats.uid === uid ? 6 : stats.gid === gid ? 3 : 0;
  return ((stats.mode >> shift) & 0o001) !== 0 && (path === dirname(path) || isReachable(dirname(path), { uid, gid }));
}

/**
 * The absolute path under which `name` is run. A name with a slash is taken as it is. Programs that really live where commands can write (a link
 * into a workspace) are passed over. Throws `NOT_FOUND`.
 */
export function findProgram(name: string, path: readonly string[], writable: readonly string[]): string {
  const found = name.includes("/")
    ? isAbsolute(name) && isProgram(name)
      ? name
      : undefined
    : path.map((directory) => join(directory, name)).find(usable);
  if (found !== undefined) return found;
  throw new Refusal(
    "NOT_FOUND",
    `\`${name}\` was not found in shell.path`,
    `install it, or add its directory to shell.path (now ${path.join(":") || "empty"})`,
  );

  function usable(candidate: string): boolean {
    const real = realOf(candidate);
    return real !== undefined && !writable.some((place) => isWithin(real, place)) && isProgram(real);
  }
}

/** The directories in which programs really lie, when the path that they were found by is a link (a version manager's `bin`). */
export function programHomes(programs: readonly string[]): string[] {
  return [...new Set(programs.flatMap((program) => realOf(program) ?? []).map(dirname))];
}

/**
 * What every command sees read-only: the system's programs and libraries, the few files of /etc that programs can't do without, and the program
 * path. Next to a `bin` directory its sibling `lib` is shown too, because that is where Node and Python keep what the programs in `bin` load.
 */
export function systemPaths(path: readonly string[]): string[] {
  const siblings = path.filter((entry) => entry.endsWith("/bin")).map((entry) => join(entry, "..", "lib"));
  const wanted = [...SYSTEM, ...path, ...siblings].filter((entry) => lstatSync(entry, { throwIfNoEntry: false }) !== undefined);
  return [...new Set(wanted)].filter((entry) => !wanted.some((other) => other !== entry && isWithin(entry, other)));
}

const SYSTEM = (
  "/usr /bin /sbin /lib /lib32 /lib64 /libx32 /etc/alternatives /etc/ld.so.cache /etc/ld.so.conf /etc/ld.so.conf.d /etc/localtime /etc/timezone " +
  "/etc/locale.alias /etc/nsswitch.conf /etc/passwd /etc/group /etc/hosts /etc/host.conf /etc/protocols /etc/services /etc/mime.types " +
  "/etc/ssl/certs /etc/ssl/openssl.cnf /etc/ca-certificates /etc/pki/tls/certs /etc/pki/ca-trust /etc/perl /etc/python3 /etc/python3.11 " +
  "/etc/python3.12 /etc/python3.13 /etc/java /etc/fonts /etc/terminfo"
).split(" ");

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined; // missing or unreachable: either way nothing to run from
  }
}

function isProgram(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && stats.isFile() && (stats.mode & 0o111) !== 0;
}
