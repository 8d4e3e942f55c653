/** test/cases/mcp.jsonl through the built server: what a browser page, a guesser of sessions or keys, or a broken client sends, and what it must get. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWorld } from "../e2e/world.ts";
import type { World } from "../e2e/world.ts";
import { initialize, makeKey, openSession, requestText, sendRaw, startHttp, toolCall } from "./world.ts";
import type { Answer, Served } from "./world.ts";

interface Row {
  readonly id: string;
  readonly area: string;
  readonly why: string;
  readonly expect: string;
  readonly input: {
    readonly method?: string;
    readonly host?: string;
    readonly origin?: string | null;
    readonly acrm?: string;
    readonly contentType?: string;
    readonly body?: unknown;
    readonly session?: string | null;
    readonly auth?: string | readonly string[];
    readonly query?: string;
  };
}

const rows = readFileSync(join(import.meta.dirname, "..", "cases", "mcp.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Row);

let world: World;
let served: Served;
let key: string;
beforeAll(async () => {
  world = createWorld();
  served = await startHttp(world);
  key = await makeKey(world, "client");
});
afterAll(async () => {
  await served.stop();
  world.remove();
});

const NAMED: Readonly<Record<string, object>> = { initialize: initialize(), "tools/call": toolCall(1, "list_allowed_directories", {}) };

function fill(text: string): string {
  return text
    .replaceAll("PORT", String(served.port))
    .replaceAll("TOKEN", key)
    .replace(/\bTOKE\b/, key.slice(0, -1));
}

function bodyOf(body: unknown): string {
  return typeof body === "string" ? (JSON.stringify(NAMED[body]) ?? body) : JSON.stringify(body);
}

/** The request of a row, with a right key and host where the row says nothing of them. */
async function send({ area, input }: Row): Promise<Answer> {
  const { method = "POST", host = "127.0.0.1:PORT", origin, acrm, contentType = "application/json", query = "" } = input;
  const headers: (readonly [string, string])[] = [["Host", fill(host)]];
  if (origin !== undefined && origin !== null) headers.push(["Origin", fill(origin)]);
  if (acrm !== undefined) headers.push(["Access-Control-Request-Method", acrm]);
  headers.push(["Connection", "close"], ["Content-Type", contentType], ["Accept", "application/json, text/event-stream"]);
  const auth = input.auth ?? (query === "" ? "Bearer TOKEN" : []);
  for (const value of [auth].flat()) headers.push(["Authorization", fill(value)]);
  let { body } = input;
  if (area === "session") {
    if (typeof input.session === "string") headers.push(["Mcp-Session-Id", input.session]);
    body = NAMED["tools/call"];
  } else if (area === "framing") {
    const session = await openSession(served.url, key);
    headers.push(["Mcp-Session-Id", session["mcp-session-id"] ?? ""]);
  }
  const text = method === "OPTIONS" ? "" : bodyOf(body ?? "initialize");
  return sendRaw(served.port, requestText(method, `/mcp${fill(query)}`, headers, text));
}

/** The JSON-RPC message of an answer, from JSON or from an event stream. */
function messageOf({ body }: Answer): { result?: object; error?: { code: number } } {
  return JSON.parse(body.startsWith("{") ? body : (/\{.*\}/.exec(body)?.[0] ?? "{}"));
}

const EXPECTED: readonly (readonly [RegExp, (answer: Answer, match: RegExpExecArray) => void])[] = [
  [/^http-(\d{3})$/, ({ status }, [, code]) => expect(status).toBe(Number(code))],
  [/^http-403-unless-configured$/, ({ status }) => expect(status).toBe(403)],
  [/^http-400-or-401$/, ({ status }) => expect([400, 401]).toContain(status)],
  [/^http-4xx$/, ({ status }) => expect(Math.floor(status / 100)).toBe(4)],
  [/^allow$/, (answer) => expect([answer.status, messageOf(answer).error]).toEqual([200, undefined])],
  // Bound to 127.0.0.1 only, so this is nobody we know.
  [/^allow-if-bound$/, ({ status }) => expect(status).toBe(403)],
  [/^no-cors-allow$/, ({ status, headers }) => expect([status, headers["access-control-allow-origin"]]).toEqual([403, undefined])],
  [/^jsonrpc-(-\d+)$/, (answer, [, code]) => expect(messageOf(answer).error?.code).toBe(Number(code))],
  [/^method=ping$/, (answer) => expect(messageOf(answer).result).toEqual({})],
  // One reading for everybody: the last one, as JSON.parse has it; a call without a name is wrong.
  [/^reject-or-last-consistent$/, (answer) => expect(messageOf(answer).error?.code).toBe(-32602)],
];

describe.each(["dns-rebinding", "session", "framing", "auth"])("%s", (area) => {
  test.each(rows.filter((row) => row.area === area).map((row) => [row.id, row.why, row] as const))("%s %s", async (_id, _why, row) => {
    const answer = await send(row);
    const [check, match] = EXPECTED.flatMap(([pattern, look]) => {
      const found = pattern.exec(row.expect);
      return found ? [[look, found] as const] : [];
    })[0] ?? [undefined, undefined];
    if (check === undefined || match === undefined) throw new Error(`nothing looks for ${row.expect}`);
    check(answer, match);
  });
});
