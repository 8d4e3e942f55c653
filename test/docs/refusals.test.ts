/** docs/refusals.md: every code has its section, and every text in it is what a client gets. */
import Sqlite from "better-sqlite3";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RefusalCode } from "../../src/types.ts";
import { approveOnce } from "../e2e/clients.ts";
import type { Person, Result } from "../e2e/clients.ts";
import { blocksOf, normalize, readPage } from "./page.ts";
import { openScene, READ, SOON, WRITE } from "./scene.ts";
import type { Scene } from "./scene.ts";

const PAGE = readPage("refusals.md");

/** Makes a call be refused; gives its result, or what is on record where the caller gets none. */
type Refused = (scene: Scene) => Promise<Result | string>;

const SLEEP = "sandbox: { backend: off }\nrules: [{ id: wait, effect: allow, run: [sleep ...], why: test }]\n";
const declines: Person = () => ({ action: "accept", content: { decision: "deny", note: "not today" } });
/** Starts a server for which there is no bwrap. */
const withoutBwrap = ["unshare", "-rm", "sh", "-c", 'mount --bind /dev/null "$(command -v bwrap)" && exec "$0" "$@"'];

const call =
  (tool: string, args: Record<string, unknown>, policy = ""): Refused =>
  async ({ start, writePolicy }) => {
    writePolicy(policy);
    return (await start()).call(tool, args);
  };

/** A read after so many others. */
const readAfter =
  (count: number, policy: string): Refused =>
  async ({ start, writePolicy }) => {
    writePolicy(policy);
    const client = await start();
    for (let n = 0; n < count; n += 1) await client.call("read_text_file", READ);
    return client.call("read_text_file", READ);
  };

const CODES: Readonly<Record<RefusalCode, Refused | "not yet">> = {
  INVALID_INPUT: call("read_text_file", {}),
  DENIED: call("read_text_file", { path: ".env" }),
  APPROVAL_REQUIRED: call("write_file", WRITE),
  APPROVAL_DECLINED: async ({ start }) => (await start({ person: declines })).call("write_file", WRITE),
  STALE_APPROVAL: async ({ world, start }) => {
    const person: Person = (message) => {
      writeFileSync(join(world.workspace, "a.txt"), "changed\n");
      return approveOnce(message);
    };
    return (await start({ person })).call("write_file", WRITE);
  },
  RATE_LIMITED: readAfter(1, "limits: { rate: { read_text_file: 1/h } }\n"),
  BUDGET_EXHAUSTED: readAfter(2, "budgets: { session: { calls: 2 } }\n"),
  SANDBOX_UNAVAILABLE: async ({ world, start, writePolicy }) => {
    writePolicy("sandbox: { backend: bwrap }\n");
    world.share();
    return (await start({ before: withoutBwrap })).call("run_command", { command: "ls" });
  },
  AUDIT_UNAVAILABLE: async ({ world, start }) => {
    const client = await start();
    const db = new Sqlite(join(world.state, "portcullis.db"));
    try {
      db.exec("BEGIN IMMEDIATE");
      return await client.call("read_text_file", READ);
    } finally {
      db.close();
    }
  },
  NOT_FOUND: call("read_text_file", { path: "gone.txt" }),
  TIMEOUT: async (scene) => {
    scene.world.share();
    return call("run_command", { command: "sleep 100" }, `limits: { timeout: 1s }\n${SLEEP}`)(scene);
  },
  CANCELLED: async ({ world, start, writePolicy, lines }) => {
    writePolicy(SLEEP);
    world.share();
    const client = await start();
    const controller = new AbortController();
    const cancelled = expect(client.call("run_command", { command: "sleep 100" }, { signal: controller.signal })).rejects.toThrow();
    const last = async () => (await lines("audit", "query", "--limit", "1")).map(({ kind, event = kind }) => event)[0];
    await expect.poll(last, SOON).toBe("sandbox"); // tried with the first command
    controller.abort();
    await cancelled;
    await expect.poll(last, SOON).toBe("outcome");
    return (await world.run(["audit", "query", "--json", "--limit", "1", "--tool", "run_command"])).stdout;
  },
  UPSTREAM_UNAVAILABLE: "not yet",
  FAILED: call(
    "fetch",
    { url: "http://127.0.0.1:9/" },
    "egress: { allow: ['127.0.0.1:9'] }\nsecrets: { CRM_TOKEN: { from: 'file:/nowhere/token', to: ['host:127.0.0.1'] } }\n",
  ),
};

test("every code has a row and a section, in the order of the source", () => {
  const codes = Object.keys(CODES);
  expect([...PAGE.matchAll(/^\| \[([A-Z_]+)\]/gm)].map(([, code]) => code)).toEqual(codes);
  expect([...PAGE.matchAll(/^## (.*)$/gm)].map(([, code]) => code)).toEqual(codes);
});

test.each(Object.entries(CODES))("%s", async (code, refused) => {
  const texts = blocksOf(PAGE).flatMap(({ section, text }) => (section === code ? [text] : []));
  if (refused === "not yet") {
    expect(texts).toEqual([]);
    return;
  }
  const scene = openScene();
  try {
    const result = await refused(scene);
    if (typeof result !== "string") expect(result).toMatchObject({ isError: true, refusal: { code } });
    const text = typeof result === "string" ? result : `${result.text}\n`;
    expect([normalize(text, scene.world)]).toEqual(texts.map((shown) => normalize(shown)));
  } finally {
    await scene.close();
  }
});
