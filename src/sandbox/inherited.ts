import { closeSync, readFileSync, readdirSync } from "node:fs";

const O_CLOEXEC = 0o2000000;

/**
 * Closes descriptors above 2 that the server was started with and that every command would inherit: those without O_CLOEXEC. Node opens its own with
 * it. Called once, before anything runs. Gives what was closed.
 */
export function closeInherited(): number[] {
  return readdirSync("/proc/self/fd")
    .map(Number)
    .filter((descriptor) => descriptor > 2 && inherits(descriptor))
    .filter((descriptor) => {
      closeSync(descriptor);
      return true;
    });
}

function inherits(descriptor: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    return false; // the descriptor with which /proc/self/fd itself was listed
  }
}
