/** A container to be: the image with a workspace and a state volume of its own, ready to be started in several ways. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connectTo } from "../e2e/clients.ts";
import type { Connected, Person } from "../e2e/clients.ts";
import type { Image } from "./build.ts";
import { containerWords } from "./container.ts";

/** Where the filter that stands for Docker's lies inside. */
export const FILTER = "/run/docker-like.bpf";

/** What differs from the documented way to start the image. */
export interface Start {
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stateVolume?: boolean;
  readonly workspaceReadOnly?: boolean;
}

export interface Container {
  readonly workspace: string;
  readonly state: string;
  /** The words that run `command` in it; without one what the image runs by itself. */
  words(start?: Start, command?: readonly string[]): string[];
  /** Runs a command to its end. */
  run(command: readonly string[], start?: Start): { code: number | null; stdout: string; stderr: string };
  /** Starts the image as it is and connects to it. */
  connect(start?: Start, person?: Person): Promise<Connected>;
  /** Starts the image as it is; resolves when its log says `word`, with the way to stop it, which gives the exit code. */
  serve(start: Start, word: string): Promise<{ stop(): Promise<number | null> }>;
}

/** Volumes for `user`, who may be any. `policy` becomes the administrator's. */
export function createContainer(image: Image, place: string, user = image.stage.user ?? "", policy?: string): Container {
  const { root, stage } = image;
  const home = mkdtempSync(join(place, "container-"));
  chmodSync(home, 0o755);
  const [workspace, state, admin] = ["workspace", "state", "admin"].map((name) => join(home, name)) as [string, string, string];
  const [uid = 0, gid = 0] = user.split(":").map(Number);
  for (const [directory, mode] of [
    [workspace, 0o755],
    [state, 0o700],
  ] as const) {
    mkdirSync(directory, { mode });
    chownSync(directory, uid, gid);
  }
  mkdirSync(admin);
  if (policy !== undefined) writeFileSync(join(admin, "policy.yaml"), policy, { mode: 0o644 });
  const command = [...stage.entrypoint, ...stage.command];
  const container: Container = {
    workspace,
    state,
    words: (start = {}, run = command) =>
      containerWords(
        {
          root,
          env: { ...stage.env, ...start.env },
          workdir: stage.workdir,
          user: start.user ?? user,
          readOnly: true,
          tmpfs: ["/tmp"],
          volumes: [
            { source: workspace, target: "/workspace", readOnly: start.workspaceReadOnly ?? false },
            { source: admin, target: "/etc/portcullis", readOnly: true },
            ...(start.stateVolume === false ? [] : [{ source: state, target: "/state" }]),
          ],
          seccomp: FILTER,
        },
        run,
      ),
    run(words, start) {
      const [program = "", ...args] = container.words(start, words);
      const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", timeout: 60_000 });
      return { code: status, stdout, stderr };
    },
    connect(start, person) {
      const [program = "", ...args] = container.words(start);
      return connectTo("v2 SDK, 2026-07-28", { command: program, args, env: {}, stderr: "ignore" }, person);
    },
    async serve(start, word) {
      const [program = "", ...args] = container.words(start);
      const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
      const ended = once(child, "exit") as Promise<[number | null]>;
      for await (const line of createInterface({ input: child.stderr })) if (line.includes(word)) break;
      return {
        async stop() {
          // unshare passes no signal on; an engine sends it to the first process inside
          const inside = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim();
          if (inside !== "") process.kill(Number(inside), "SIGTERM");
          return (await ended)[0];
        },
      };
    },
  };
  return container;
}
