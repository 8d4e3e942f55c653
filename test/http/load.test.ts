/** Many sessions of both eras at once, with cancellations in between: every answer belongs to its call, its session and its principal. `bench/http.ts` is the large one. */
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWorld } from "../e2e/world.ts";
import type { World } from "../e2e/world.ts";
import { MODERN_HEADERS, makeKey, modernCall, openSession, post, startHttp, toolCall } from "./world.ts";
import type { Served } from "./world.ts";

const SESSIONS = 100;
const AT_ONCE = 40;
const CALLS = 1_000;

let world: World;
let served: Served;
let keys: string[];
/** Headers of each session; the even ones belong to the first key, the odd ones to the second. */
let sessions: Record<string, string>[];
beforeAll(async () => {
  world = createWorld();
  for (let i = 0; i < SESSIONS; i += 1) world.put(`s${i}.txt`, contentOf(i));
  const policy = join(world.root, "policy.yaml");
  writeFileSync(policy, `version: 1\nextends: [local]\nlimits: { concurrent: ${AT_ONCE} }\n`, { mode: 0o600 });
  served = await startHttp(world, ["--policy", policy]);
  keys = [await makeKey(world, "even"), await makeKey(world, "odd")];
  sessions = Array.from({ length: SESSIONS });
  await bounded(SESSIONS, async (i) => void (sessions[i] = await openSession(served.url, keys[i % 2])));
});
afterAll(async () => {
  await served.stop();
  world.remove();
});

const contentOf = (session: number): string => `this is the file of session ${session}, and of no other\n`;

/** Runs `work` for each of `count`, so many at once. */
async function bounded(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Reads the file of session `i` in one of the eras; the id and text that came back. */
async function read(i: number, id: string, era: "older" | "newer", signal?: AbortSignal): Promise<object> {
  const args = { path: `s${i}.txt` };
  const { status, message } = await (era === "older"
    ? post(served.url, toolCall(id, "read_text_file", args), sessions[i], signal)
    : post(
        served.url,
        modernCall(id, "read_text_file", args),
        { authorization: `Bearer ${keys[i % 2]}`, ...MODERN_HEADERS("read_text_file") },
        signal,
      ));
  const [content] = (message?.result as { content?: { text: string }[] } | undefined)?.content ?? [];
  return { status, id: message?.id, text: content?.text };
}

const answerOf = (i: number, id: string): object => ({ status: 200, id, text: contentOf(i) });

describe("100 sessions of two principals, 40 calls at once, 1,000 calls in both eras", () => {
  test("each gets its own answer, whatever is cancelled beside it", async () => {
    const wrong: object[] = [];
    await bounded(CALLS, async (n) => {
      const i = n % SESSIONS;
      const id = `call-${n}`;
      const answer = read(i, id, n % 3 === 0 ? "newer" : "older");
      // Every tenth has a neighbour in its session that gives up: by closing its connection, or by saying so.
      if (n % 10 === 0) {
        const leave = new AbortController();
        const given = read(i, `left-${n}`, "older", leave.signal).catch(() => undefined);
        if (n % 20 === 0) leave.abort();
        else await post(served.url, { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: `left-${n}` } }, sessions[i]);
        await given;
      }
      const got = await answer;
      if (JSON.stringify(got) !== JSON.stringify(answerOf(i, id))) wrong.push({ wanted: answerOf(i, id), got });
    });
    expect(wrong).toEqual([]);
  });

  test("what was given up is over: its id can be used again", async () => {
    await bounded(CALLS / 10, async (tenth) => {
      const [i, id] = [(tenth * 10) % SESSIONS, `left-${tenth * 10}`];
      let answer = await read(i, id, "older");
      // The server hears of a closed connection when the kernel tells it.
      while ((answer as { status: number }).status === 400) answer = await read(i, id, "older");
      expect(answer).toEqual(answerOf(i, id));
    });
  });

  test("a session of one principal is not there for the other", async () => {
    await bounded(SESSIONS, async (i) => {
      const stranger = { ...sessions[i], authorization: `Bearer ${keys[(i + 1) % 2]}` };
      const { status, message } = await post(served.url, toolCall(1, "read_text_file", { path: `s${i}.txt` }), stranger);
      expect({ status, result: message?.result }).toEqual({ status: 404, result: undefined });
    });
  });

  test("after their end the sessions are gone and the server answers as before", async () => {
    await bounded(SESSIONS, async (i) => {
      expect((await fetch(`${served.url}/mcp`, { method: "DELETE", headers: sessions[i] ?? {} })).status).toBe(200);
      expect(await read(i, "late", "older")).toMatchObject({ status: 404 });
    });
    expect(await read(0, "newer", "newer")).toEqual(answerOf(0, "newer"));
    expect(served.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });
});

test("where few descriptors may be open, a flood of idle connections keeps nobody from calling", async () => {
  const tight = createWorld();
  tight.put("a.txt", "still here\n");
  const key = await makeKey(tight, "team");
  const server = await startHttp(tight, [], "0", ["/bin/sh", "-c", 'ulimit -n 256; exec "$@"', "sh"]);
  const idle: Socket[] = [];
  try {
    const session = await openSession(server.url, key);
    let closed = 0;
    await new Promise<void>((resolve) => {
      for (let n = 0; n < 400; n += 1)
        idle.push(
          connect(server.port, "127.0.0.1")
            .on("error", () => undefined)
            .on("close", () => (closed += 1) === 400 - 128 && resolve()),
        );
    });
    const { message } = await post(server.url, toolCall(1, "read_text_file", { path: "a.txt" }), session);
    expect(message?.result).toMatchObject({ content: [{ text: "still here\n" }] });
  } finally {
    for (const socket of idle) socket.destroy();
    await server.stop();
    tight.remove();
  }
});
