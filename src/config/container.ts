/** What is different in a container: all but its volumes ends with it, and a person is outside. The image says that it is one, in `PORTCULLIS_CONTAINER`. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { ConfigError } from "./error.ts";

/** What a container's settings come to. */
export interface Container {
  /** The words that start one of our commands from outside. */
  readonly entry: readonly string[];
}

/**
 * Reads `PORTCULLIS_CONTAINER`, the command line from outside (`docker exec -it {host} portcullis`), where `{host}` is the container's own name for itself.
 * Throws ConfigError when `state` is on no volume: approvals and audit would be lost without a word.
 */
export function readContainer(commandLine: string, state: string, mounts = readFileSync("/proc/self/mountinfo", "utf8")): Container {
  if (!isOnVolume(state, mounts))
    throw new ConfigError(
      `${state} is not on a volume, so audit and approvals would end with the container: start it with -v portcullis-state:${state} (or, where they may be lost, with -e PORTCULLIS_STATE=/tmp/portcullis --tmpfs /tmp)`,
    );
  return { entry: commandLine.split(" ").map((word) => word.replace("{host}", hostname())) };
}

/** Is `path` below a mount point other than the container's own root? The fifth field of proc_pid_mountinfo(5), in which blanks are octal. */
function isOnVolume(path: string, mounts: string): boolean {
  const points = mounts.split("\n").flatMap((line) => line.split(" ")[4] ?? []);
  return points
    .map((point) => point.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8))))
    .some((point) => point !== "/" && (path === point || path.startsWith(`${point}/`)));
}
