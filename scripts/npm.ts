/** The machine's own npm, as a person has it: not on the Node of this repository, whose prefix would hide the machine's npm settings. */
import { execFileSync } from "node:child_process";

/** The environment with the machine's own PATH. */
export function machineEnv(): NodeJS.ProcessEnv {
  const path = (process.env["PATH"] ?? "").split(":").filter((entry) => !entry.includes("/node_modules/"));
  const own = Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith("npm_"));
  return { ...Object.fromEntries(own), PATH: path.join(":") };
}

/** Runs npm in `cwd`; gives what it says, without its news. Throws with its complaint when it fails. */
export function npm(cwd: string, ...args: string[]): string {
  const quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
  return execFileSync("npm", [...args, ...quiet], { cwd, env: machineEnv(), encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}
