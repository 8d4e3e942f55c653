import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRunner } from "../../src/sandbox/run.ts";
import type { Runner } from "../../src/sandbox/run.ts";
import type { Account } from "../../src/sandbox/user.ts";
import { SPEC, openLab, textOf } from "../sandbox/lab.ts";
import type { Lab } from "../sandbox/lab.ts";
import { SHEEP, VICTIM } from "./sandbox-victim.ts";

/** What the world looks like after an attack, with all that the attack printed. */
export interface Aftermath {
  readonly output: string;
  readonly scene: Scene;
}

/** A place with something to steal and someone to hurt: everything an attack may touch is ours and thrown away. */
export interface Scene {
  readonly lab: Lab;
  /** The secret outside of the workspace, of the victim, and of the server's environment. */
  readonly token: string;
  readonly serverToken: string;
  /** A fresh process of the same user to hurt. */
  readonly sheep: () => ChildProcess;
  /** Runs `script` as a naive server would: a shell with the server's environment, confined by nothing. */
  readonly naive: (script: string) => Promise<Aftermath>;
  readonly confined: (script: string, guard: Guard) => Promise<Aftermath>;
  readonly reset: () => Promise<void>;
  readonly close: () => void;
}

/** What of the workspace the policy denies or protects during an attack. */
export interface Guard {
  readonly masked?: readonly string[];
  readonly readOnly?: readonly string[];
}

/**
 * As root the attacks run as a user whom nobody else is, so that even a control which kills "everyone" kills only its own. Otherwise they run as
 * the developer, whose processes must not be harmed: `sandbox-attacks.ts` leaves those attacks out then.
 */
export const OWN_USER: Account | undefined =
  process.getuid?.() === 0 ? { uid: 61_000 + (process.pid % 4000), gid: 61_000 + (process.pid % 4000) } : undefined;

export async function openScene(backend: "bwrap" | "landlock"): Promise<Scene> {
  const lab = await openLab(backend);
  const runner: Runner = createRunner({ ...lab.probe, account: OWN_USER }, { now: Date.now });
  const token = randomBytes(12).toString("hex");
  const serverToken = randomBytes(12).toString("hex");
  const sheepHerd: ChildProcess[] = [];
  layOut(lab, token);
  const victim = spawn("/usr/bin/perl", ["-e", VICTIM, token], {
    cwd: lab.outside,
    ...OWN_USER,
    env: { TOKEN: token, OUT: lab.outside },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const facts = Object.fromEntries((await firstLine(victim)).split(" ").map((pair) => pair.split("=")));
  const variables = (): Record<string, string> => ({
    ...facts,
    OUT: lab.outside,
    WS: lab.workspace,
    VICTIM: String(victim.pid),
    SHEEP: String(sheepHerd.at(-1)?.pid),
    MARK: `portcullis-mark-${token}`,
  });
  const newSheep = async (): Promise<void> => {
    const sheep = spawn("/usr/bin/perl", ["-e", SHEEP], { ...OWN_USER, env: {}, stdio: ["ignore", "pipe", "ignore"] });
    sheepHerd.push(sheep);
    await firstLine(sheep);
  };
  const scene: Scene = {
    lab,
    token,
    serverToken,
    sheep() {
      const last = sheepHerd.at(-1);
      if (last === undefined) throw new Error("reset the scene first");
      return last;
    },
    async naive(script) {
      const env = { PATH: "/usr/bin:/bin", SERVER_TOKEN: serverToken, ...variables() };
      const child = spawn("/usr/bin/bash", ["-c", script], {
        cwd: lab.workspace,
        env,
        ...OWN_USER,
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
      const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
      // what stays in the background has closed its output: see the attacks
      await new Promise((resolve) => child.on("close", resolve));
      clearTimeout(timer);
      return { output, scene };
    },
    async confined(script, guard) {
      const view = {
        ...lab.view,
        masked: guard.masked?.map((name) => join(lab.workspace, name)) ?? [],
        readOnly: guard.readOnly?.map((name) => join(lab.workspace, name)) ?? [],
      };
      const done = await runner.run(lab.request(script, { view, env: variables(), spec: SPEC }));
      return { output: textOf(done.stdout) + textOf(done.stderr), scene };
    },
    async reset() {
      for (const sheep of sheepHerd.splice(0)) sheep.kill("SIGKILL");
      killMarked(`portcullis-mark-${token}`);
      for (const directory of ["/tmp", "/var/tmp", "/dev/shm"])
        rmSync(join(directory, `portcullis-mark-${token}`), { recursive: true, force: true });
      layOut(lab, token);
      await newSheep();
    },
    close() {
      for (const sheep of sheepHerd) sheep.kill("SIGKILL");
      victim.kill("SIGTERM");
      killMarked(`portcullis-mark-${token}`);
      runner.close();
      lab.remove();
    },
  };
  return scene;
}

/** Everything below the workspace and the outside directory as it was at first; the victim's sockets stay. */
function layOut(lab: Lab, token: string): void {
  for (const directory of [lab.workspace, lab.outside]) {
    for (const name of readdirSync(directory))
      if (!name.startsWith("socket")) rmSync(join(directory, name), { recursive: true, force: true });
    chmodSync(directory, 0o755);
    own(directory);
  }
  const files: Record<string, string> = {
    "outside/secret": token,
    [`outside/named-${token}`]: "",
    "outside/.ssh/id_ed25519": token,
    "workspace/.env": token,
    "workspace/config/.env": token,
    "workspace/keys/id": token,
    "workspace/.git/config": "[core]\n",
    "workspace/.git/hooks/sample": "",
    "workspace/.vscode/tasks.json": "{}",
    "workspace/readme": "hello\n",
  };
  for (const [name, content] of Object.entries(files)) {
    const path = join(lab.place, name);
    mkdirSync(join(path, ".."), { recursive: true });
    own(join(path, ".."));
    writeFileSync(path, content);
    own(path);
  }
}

function own(path: string): void {
  if (OWN_USER !== undefined) chownSync(path, OWN_USER.uid, OWN_USER.gid);
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes("\n")) return text.trim();
  }
  throw new Error("the process ended before it was ready");
}

/** The processes whose command line carries `mark`: what an attack left behind. */
export function marked(mark: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && commandLine(name).includes(mark))
    .map(Number);
}

function killMarked(mark: string): void {
  for (const pid of marked(mark)) process.kill(pid, "SIGKILL");
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

/** Has the sheep been killed (or stopped being one)? Its parent is this process, so a dead one is a zombie until Node has reaped it. */
export function isAlive(sheep: ChildProcess): boolean {
  const stat = existsSync(`/proc/${sheep.pid}/stat`) ? readFileSync(`/proc/${sheep.pid}/stat`, "latin1") : ") Z";
  return !/\) [ZX]/.test(stat);
}

export function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}
