/** A throw-away place for a test: a workspace, a state directory, a home, and the built server to run in them. */
import { execFile, execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const ENTRY = join(import.meta.dirname, "..", "..", "dist", "cli.js");

export interface World {
  readonly root: string;
  readonly workspace: string;
  readonly state: string;
  readonly env: Record<string, string>;
  /** Puts a file into the workspace, with its directories. */
  put(path: string, content: string | Uint8Array): string;
  /** Hands the workspace to the user that commands run as when the server is root; to be called once everything is put. */
  share(): void;
  /** Runs `portcullis ARGS --state STATE` to its end. */
  run(
    args: readonly string[],
    options?: { readonly cwd?: string; readonly input?: string },
  ): Promise<{ code: number; stdout: string; stderr: string }>;
  remove(): void;
}

export function createWorld(): World {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "portcullis-test-")));
  const workspace = join(root, "work");
  const state = join(root, "state");
  const home = join(root, "home");
  mkdirSync(workspace);
  mkdirSync(home);
  const env = { PATH: process.env.PATH ?? "", HOME: home };
  return {
    root,
    workspace,
    state,
    env,
    put(path, content) {
      const file = join(workspace, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
    share() {
      chmodSync(root, 0o755);
      if (process.getuid?.() === 0) execFileSync("/bin/chown", ["-R", "nobody", workspace]);
    },
    run(args, options = {}) {
      return new Promise((resolve) => {
        const child = execFile(
          process.execPath,
          [ENTRY, ...args],
          { cwd: options.cwd ?? workspace, env: { ...env, PORTCULLIS_STATE: state }, maxBuffer: 64 * 1024 * 1024 },
          (error, stdout, stderr) => resolve({ code: typeof error?.code === "number" ? error.code : error ? 1 : 0, stdout, stderr }),
        );
        // A command that ends without reading its input is no error of the test.
        child.stdin?.on("error", () => undefined).end(options.input ?? "");
      });
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
