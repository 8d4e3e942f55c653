/** What the scenes of the pages have in common: a world, servers that serve it under `policy.yaml`, and looks at what is on record. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { connect } from "../e2e/clients.ts";
import type { ClientKind, Connected, Person } from "../e2e/clients.ts";
import { createWorld } from "../e2e/world.ts";
import type { World } from "../e2e/world.ts";
import type { Page } from "./page.ts";

export const READ = { path: "a.txt" };
export const WRITE = { path: "a.txt", content: "after\n" };
export const SOON = { timeout: 10_000, interval: 50 };

/** A line of `audit query` or `sessions list`, as far as scenes look at it. */
interface Line {
  readonly id: string;
  readonly kind: string;
  readonly calls: number;
  readonly event?: string;
}

/** A scene that is set. */
export interface Scene {
  readonly world: World;
  /** Starts a server with `policy.yaml`, which begins as nothing but the profile local, and connects. */
  readonly start: (options?: {
    readonly kind?: ClientKind;
    readonly person?: Person;
    readonly before?: readonly string[];
  }) => Promise<Connected>;
  /** Replaces `policy.yaml` with the profile local and this. */
  readonly writePolicy: (text: string) => void;
  /** Makes a key of the role approver. */
  readonly approver: (name: string) => Promise<string>;
  /** The code that a call is refused with, or `done`. */
  readonly code: (client: Connected, tool: string, args: Record<string, unknown>) => Promise<string>;
  /** What a listing prints as JSON. */
  readonly lines: (...words: string[]) => Promise<Line[]>;
  /** The one session there is, once so many calls of it are counted. */
  readonly sessionOf: (calls: number) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Follows a page in its scene. */
export type Follow = (scene: Scene, page: string) => Promise<Page>;

/** Sets a scene: a workspace with `a.txt`. */
export function openScene(): Scene {
  const world = createWorld();
  world.put("a.txt", "before\n");
  const open: Connected[] = [];
  const policy = join(world.root, "policy.yaml");
  const writePolicy = (text: string): void => writeFileSync(policy, `version: 1\nextends: [local]\n${text}`, { mode: 0o600 });
  const lines = async (...words: string[]): Promise<Line[]> => {
    const { stdout } = await world.run([...words, "--json"]);
    return stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Line]));
  };
  return {
    world,
    async start({ kind = "v1 SDK", ...options } = {}) {
      if (!existsSync(policy)) writePolicy("");
      const client = await connect(kind, world, { ...options, args: ["--policy", policy] });
      open.push(client);
      return client;
    },
    writePolicy,
    approver: async (name) => (await world.run(["keys", "create", "--name", name, "--role", "approver"])).stdout.trim(),
    code: async (client, tool, args) => (await client.call(tool, args)).refusal?.code ?? "done",
    lines,
    async sessionOf(calls) {
      await expect.poll(async () => (await lines("sessions", "list")).map((session) => session.calls), SOON).toEqual([calls]);
      return (await lines("sessions", "list"))[0]?.id ?? "";
    },
    async close() {
      for (const client of open) await client.close();
      world.remove();
    },
  };
}
