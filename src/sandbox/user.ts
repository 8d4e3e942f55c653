import { existsSync, readFileSync } from "node:fs";
import { Refusal } from "../types.ts";

/** Who commands run as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The account for commands: `name` of /etc/passwd when the server is root, else the server's own (`undefined`: nothing to change). Never uid 0: as root
 * even a sandboxed command could write /proc/sys/kernel/core_pattern. Throws SANDBOX_UNAVAILABLE.
 */
export function commandAccount(name: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const account = findAccount(name);
  if (account === undefined) {
    throw new Refusal("SANDBOX_UNAVAILABLE", `there is no user \`${name}\` to run commands as`, "set sandbox.user to an existing user");
  }
  if (account.uid === 0 || account.gid === 0) {
    throw new Refusal(
      "SANDBOX_UNAVAILABLE",
      "commands never run as root",
      "set sandbox.user to a user with neither uid nor gid 0, such as nobody",
    );
  }
  return account;
}

/** The account `name` of /etc/passwd that commands would run as; `undefined` when the server isn't root or there is no such account. */
export function findAccount(name: string): Account | undefined {
  if (process.getuid?.() !== 0 || !existsSync("/etc/passwd")) return undefined;
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(":").map(Number) ?? [];
  return uid !== undefined && gid !== undefined && Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } : undefined;
}
