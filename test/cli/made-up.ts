/** Made-up machines for doctor: words to start it as another user, or where mounts and files are other than here. All run the built command. */
import { execFile } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { ENTRY } from "../e2e/world.ts";
import type { World } from "../e2e/world.ts";

export const IS_ROOT = process.getuid?.() === 0;
/** nobody, on all Linux distributions that CI may run on. */
const NOBODY = 65_534;

/** Where all doctors keep compiled code: each world has a home of its own, and compiling takes longer than most checks. */
const CACHE = mkdtempSync(join(tmpdir(), "portcullis-cache-"));
chmodSync(CACHE, 0o777);
afterAll(() => rmSync(CACHE, { recursive: true, force: true }));

export interface Finding {
  readonly id: string;
  readonly status: string;
  readonly message: string;
  readonly remedy: string;
}

export interface Report {
  readonly code: number;
  readonly stderr: string;
  readonly ok: boolean;
  readonly checks: readonly Finding[];
  of(id: string): Finding | undefined;
}

/** How doctor is started; what is left out is as for any user. */
export interface Start {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Words before Node. */
  readonly before?: readonly string[];
  /** Words between Node and `doctor`. */
  readonly entry?: readonly string[];
}

/** Runs `doctor --json` in a world and reads what it says. */
export function doctor(world: World, start: Start = {}): Promise<Report> {
  const { args = [], env = {}, cwd = world.workspace, before = [], entry = [ENTRY] } = start;
  const [file = "", ...words] = [...before, process.execPath, ...entry, "doctor", "--json", ...args];
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      words,
      { cwd, env: { ...world.env, XDG_CACHE_HOME: CACHE, PORTCULLIS_STATE: world.state, ...env } },
      (error, stdout, stderr) => {
        const code = typeof error?.code === "number" ? error.code : error ? -1 : 0;
        try {
          const { ok, checks } = JSON.parse(stdout) as Pick<Report, "ok" | "checks">;
          resolve({ code, stderr, ok, checks, of: (id) => checks.find((check) => check.id === id) });
        } catch {
          reject(new Error(`doctor printed no report: ${stdout}${stderr}`));
        }
      },
    );
    child.stdin?.on("error", () => undefined).end();
  });
}

/** Words that run something as an ordinary user, who gets what is in the world so far. */
export function asOrdinaryUser(world: World): readonly string[] {
  if (!IS_ROOT) return [];
  for (const path of [world.root, world.workspace, join(world.root, "home")]) {
    chmodSync(path, 0o755);
    chownSync(path, NOBODY, NOBODY);
  }
  return ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
}

/** Words that run something as root, if only of a user namespace. */
export const AS_ROOT: readonly string[] = IS_ROOT ? [] : ["unshare", "--map-root-user"];

/** Words that run something after `script`, with mounts of its own that it may change. */
export function withMounts(script: string): readonly string[] {
  return ["unshare", "--mount", ...(IS_ROOT ? [] : ["--map-root-user"]), "sh", "-ec", `${script}\nexec "$@"`, "sh"];
}
