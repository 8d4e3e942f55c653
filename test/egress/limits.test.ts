import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEgress } from "../../src/egress/door.ts";
import type { ProxyGrant, ProxyRecord } from "../../src/egress/proxy.ts";
import { Refusal } from "../../src/types.ts";
import type { Place } from "./world.ts";
import { serve } from "./world.ts";

const TOKEN = "a".repeat(32);
const credential = { "proxy-authorization": `Basic ${Buffer.from(`portcullis:${TOKEN}`).toString("base64")}` };

let directory: string;
let place: Place;
let reached = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "limits-"));
  place = await serve((request, response) => {
    reached += 1;
    if (request.url === "/large") response.end("x".repeat(1_000_000));
    else if (request.url === "/silent") response.write("first");
    else void text(request).then((body) => response.end(JSON.stringify({ method: request.method, headers: request.headers, body })));
  });
});
afterAll(async () => {
  await place.close();
  rmSync(directory, { recursive: true });
});

interface Opened {
  readonly socket: string;
  readonly records: ProxyRecord[];
  ask(path: string, more?: { method?: string; headers?: IncomingHttpHeaders; body?: string }): Promise<{ status: number; body: string }>;
  close(): Promise<void>;
}

let sockets = 0;

/** A door of its own for one test, spoken to on its unix socket. */
async function open(grant: Partial<ProxyGrant> = {}): Promise<Opened> {
  const records: ProxyRecord[] = [];
  const egress = openEgress({ allow: [`127.0.0.1:${place.port}`], dns: "system", redirects: 0 });
  const socket = join(directory, `${(sockets += 1)}.sock`);
  const full: ProxyGrant = {
    decide: () => "allow",
    record: (record) => void records.push(record),
    limits: { bytes: 100_000, idle: 5000 },
    ...grant,
  };
  const door = await egress.command(egress.eyes(new AbortController().signal), socket, TOKEN, full);
  return {
    socket,
    records,
    close: async () => door.close(),
    async ask(path, { method = "GET", headers = {}, body } = {}) {
      const host = `127.0.0.1:${place.port}`;
      const asked = httpRequest({
        socketPath: socket,
        method,
        path: `http://${host}${path}`,
        headers: { host, ...credential, ...headers },
      });
      asked.end(body);
      try {
        const [answer] = (await once(asked, "response")) as [IncomingMessage];
        return { status: answer.statusCode ?? 0, body: await text(answer) };
      } catch {
        return { status: 0, body: "" };
      }
    },
  };
}

describe("what one command may spend", () => {
  test("a body over the command's traffic is cut, and nothing more goes out", async () => {
    const door = await open();
    expect(await door.ask("/large")).toEqual({ status: 0, body: "" });
    expect(await door.ask("/")).toEqual({
      status: 403,
      body: "portcullis: the command has used up its traffic. raise the limit, or fetch less\n",
    });
    expect(door.records.map(({ status, reason }) => [status, reason])).toEqual([
      ["begun", undefined],
      ["failed", "the command has used up its traffic"],
      ["refused", "the command has used up its traffic"],
    ]);
    await door.close();
  });

  test("a connection without traffic ends", async () => {
    const door = await open({ limits: { bytes: 100_000, idle: 100 } });
    expect(await door.ask("/silent")).toEqual({ status: 0, body: "" });
    await door.close();
  });

  test("a tunnel ends with its command", async () => {
    const door = await open();
    const socket = connect(door.socket);
    socket.write(
      `CONNECT 127.0.0.1:${place.port} HTTP/1.1\r\nproxy-authorization: ${credential["proxy-authorization"]}\r\nhost: x\r\n\r\n`,
    );
    await once(socket, "data");
    const closed = once(socket, "close");
    await door.close();
    await closed;
    expect(door.records.at(-1)).toMatchObject({ status: "failed", method: "CONNECT" });
  });
});

describe("what can't be recorded doesn't happen", () => {
  test("a record that fails before the request refuses it, and closes the door", async () => {
    const before = reached;
    const door = await open({
      record: () => {
        throw new Refusal("AUDIT_UNAVAILABLE", "the audit can't be written", "free some disk");
      },
    });
    expect(await door.ask("/")).toMatchObject({ status: expect.toBeOneOf([0, 502]) as number });
    expect(await door.ask("/")).toEqual({ status: 0, body: "" });
    expect(reached).toBe(before);
  });
});

describe("a plain request arrives as it was sent, less what belongs to the hop", () => {
  test.each([
    ["with a length", { "content-length": "4" }],
    ["in chunks", { "transfer-encoding": "chunked" }],
  ])("a body %s", async (_what, headers) => {
    const door = await open();
    const answer = await door.ask("/", {
      method: "POST",
      headers: { ...headers, "x-mine": "1", "x-hop": "2", connection: "x-hop" },
      body: "body",
    });
    await door.close();
    const seen = JSON.parse(answer.body) as { method: string; headers: IncomingHttpHeaders; body: string };
    expect({ status: answer.status, method: seen.method, body: seen.body, mine: seen.headers["x-mine"] }).toEqual({
      status: 200,
      method: "POST",
      body: "body",
      mine: "1",
    });
    expect(Object.keys(seen.headers)).not.toEqual(expect.arrayContaining(["proxy-authorization"]));
    expect(seen.headers["x-hop"]).toBeUndefined();
    expect(door.records.at(-1)).toMatchObject({ status: "done", sent: 4 });
  });
});
