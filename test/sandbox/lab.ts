import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { probeSandbox } from "../../src/sandbox/probe.ts";
import type { Probe, ProbeOptions } from "../../src/sandbox/probe.ts";
import { systemPaths } from "../../src/sandbox/program-path.ts";
import type { RunRequest, SandboxView } from "../../src/sandbox/request.ts";
import { createRunner } from "../../src/sandbox/run.ts";
import type { Runner } from "../../src/sandbox/run.ts";

/** Directories of PATH that hold bash, coreutils, perl and git on Debian. */
export const PATH = ["/usr/bin", "/bin"];
const MIB = 1024 * 1024;

/** A scratch place with a workspace inside and a directory outside of it, both owned by whom commands run as. */
export interface Lab {
  readonly place: string;
  readonly workspace: string;
  readonly outside: string;
  readonly probe: Probe;
  readonly runner: Runner;
  readonly view: SandboxView;
  /** Makes a file (and its directories) below `place`; gives its path. */
  readonly file: (name: string, content?: string) => string;
  readonly request: (script: string, more?: Partial<RunRequest>) => RunRequest;
  readonly remove: () => void;
}

export const SPEC = {
  backend: "auto",
  profile: "workspace-write",
  network: "none",
  memory: 512 * MIB,
  processes: 64,
  disk: 64 * MIB,
} as const;

const random = (): string => randomBytes(16).toString("hex");

export function probeOptions(more: Partial<ProbeOptions> = {}): ProbeOptions {
  // words that start setpriv 2.41 where the installed one is older; set by the Landlock lane
  const setpriv = process.env["PORTCULLIS_TEST_SETPRIV"]?.split(" ");
  return {
    backend: "bwrap",
    user: "nobody",
    workspaces: [],
    path: PATH,
    scratch: tmpdir(),
    random,
    now: Date.now,
    ...(setpriv && { setpriv }),
    ...more,
  };
}

/** `backend` must work here: a lab without it is an error, never a skipped test. */
export async function openLab(backend: "bwrap" | "landlock" | "off"): Promise<Lab> {
  const probe = await probeSandbox(probeOptions({ backend }));
  if (probe.backend !== backend) throw new Error(`the ${backend} backend does not work on this machine: ${probe.reason}`);
  const place = mkdtempSync(join(tmpdir(), "portcullis-lab-"));
  const own = (path: string): void => {
    if (probe.account !== undefined) chownSync(path, probe.account.uid, probe.account.gid);
  };
  const [workspace, outside] = [join(place, "workspace"), join(place, "outside")];
  chmodSync(place, 0o755);
  for (const directory of [workspace, outside]) {
    mkdirSync(directory);
    own(directory);
  }
  const view: SandboxView = { workspaces: [{ path: workspace, writable: true }], masked: [], readOnly: [], systemPaths: systemPaths(PATH) };
  const runner = createRunner(probe, { now: Date.now });
  return {
    place,
    workspace,
    outside,
    probe,
    runner,
    view,
    file(name, content = "") {
      const path = join(place, name);
      const missing: string[] = [];
      for (let parent = dirname(path); parent !== workspace && parent !== outside && parent !== place; parent = dirname(parent))
        missing.unshift(parent);
      for (const directory of missing) {
        mkdirSync(directory, { recursive: true });
        own(directory);
      }
      writeFileSync(path, content);
      own(path);
      return path;
    },
    request: (script, more = {}) => ({
      command: { script },
      cwd: workspace,
      env: {},
      spec: SPEC,
      view,
      limits: { timeout: 20_000, output: 64 * 1024 },
      ...more,
    }),
    remove() {
      runner.close();
      rmSync(place, { recursive: true, force: true });
    },
  };
}

/** What a command said, in one piece. */
export function textOf(captured: { readonly head: Buffer; readonly tail: Buffer }): string {
  return captured.head.toString() + captured.tail.toString();
}
