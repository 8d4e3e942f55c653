import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CommandDoor, Egress } from "../../src/egress/door.ts";
import { openEgress } from "../../src/egress/door.ts";
import type { ProxyRecord } from "../../src/egress/proxy.ts";
import type { UrlResource } from "../../src/types.ts";
import { makeCertificate } from "./certificate.ts";
import type { DnsServer } from "./dns-server.ts";
import { serveDns } from "./dns-server.ts";
import type { Attempt, Result } from "./inside.ts";
import { runInside } from "./sandbox.ts";
import type { Place } from "./world.ts";
import { serve, serveRaw, serveTls } from "./world.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const certificate = makeCertificate("good.example.net", "valid");

let directory: string;
let good: Place;
let goodTls: Place;
let victim: Place;
let dns: DnsServer;
let egress: Egress;
let door: CommandDoor;
let results: ReadonlyMap<string, Result>;
let records: ProxyRecord[];
const reached = { good: 0, victim: 0 };

/** The policy of this test: these names, on these ports. Two of them lead inside. */
function decide({ host, port }: UrlResource): "allow" | "ask" {
  const names = ["good.example.net", "rebind.example.net", "inside.example.net", "two.example.net"];
  return names.includes(host) && [good.port, goodTls.port].includes(port) ? "allow" : "ask";
}

/** A client hello as a real client sends it, caught on the way. */
async function catchHello(serverName: string): Promise<Buffer> {
  const caught = Promise.withResolvers<Buffer>();
  const trap = await serveRaw((socket) => socket.once("data", (chunk: Buffer) => caught.resolve(chunk)));
  const client = connectTls({ port: trap.port, host: "127.0.0.1", servername: serverName, rejectUnauthorized: false });
  client.on("error", () => undefined);
  const hello = await caught.promise;
  client.destroy();
  await trap.close();
  return hello;
}

/** The same handshake in records of so many bytes each. */
function inRecords(hello: Buffer, size: number): Buffer {
  const handshake = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < handshake.length; at += size) {
    const part = handshake.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(records);
}

/** The hello with one more extension behind the others. */
function withExtension(hello: Buffer, type: number, data: Buffer): Buffer {
  const added = Buffer.concat([Buffer.from([type >> 8, type & 255, data.length >> 8, data.length & 255]), data]);
  const longer = Buffer.concat([hello, added]);
  const extensions = 44 + (hello[43] ?? 0); // behind record, handshake, version, random and session id: ciphers
  const afterCiphers = extensions + 2 + hello.readUInt16BE(extensions);
  const list = afterCiphers + 1 + (hello[afterCiphers] ?? 0);
  longer.writeUInt16BE(hello.readUInt16BE(list) + added.length, list);
  longer.writeUInt16BE(hello.readUInt16BE(3) + added.length, 3);
  longer.writeUIntBE(hello.readUIntBE(6, 3) + added.length, 6, 3);
  return longer;
}

const basic = (token: string): string => `proxy-authorization: Basic ${Buffer.from(`portcullis:${token}`).toString("base64")}\r\n`;
const proxy = { host: "127.0.0.1", port: 3128 };

interface Case extends Omit<Attempt, "to"> {
  readonly to?: Attempt["to"];
  readonly statuses: readonly string[];
  readonly heard?: string;
}

/** A plain request through the proxy. */
function get(
  name: string,
  url: string,
  statuses: string,
  more: { host?: string; auth?: string; extra?: string; method?: string; heard?: string } = {},
): Case {
  const host = more.host ?? /^https?:\/\/([^/]*)/.exec(url)?.[1] ?? "x";
  const head = `${more.method ?? "GET"} ${url} HTTP/1.1\r\nhost: ${host}\r\n${more.auth ?? basic(TOKEN)}${more.extra ?? ""}connection: close\r\n\r\n`;
  return { name, send: head, statuses: statuses.split(" ").filter(Boolean), ...(more.heard !== undefined && { heard: more.heard }) };
}

/** A tunnel, and what goes into it. */
function tunnel(name: string, place: string, statuses: string, then: Pick<Case, "serverName" | "pieces" | "heard"> = {}): Case {
  return {
    name,
    send: `CONNECT ${place} HTTP/1.1\r\nhost: ${place}\r\n${basic(TOKEN)}\r\n`,
    statuses: statuses.split(" "),
    serverName: "",
    ...then,
  };
}

function pieces(bytes: Buffer, size: number): string[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size).toString("base64"));
}

async function makeCases(): Promise<readonly Case[]> {
  const plain = `good.example.net:${good.port}`;
  const secure = `good.example.net:${goodTls.port}`;
  const v = victim.port;
  const [right, wrong] = [await catchHello("good.example.net"), await catchHello("evil.example.net")];
  const secondName = Buffer.from("\0\u0013\0\0\u0010evil.example.net", "latin1");
  return [
    get("control: an allowed name", `http://${plain}/`, "200", { heard: "reached good" }),
    tunnel("control: a tunnel to an allowed name", secure, "200 200", { serverName: "good.example.net", heard: "reached good" }),
    tunnel("control: a hello in many pieces", secure, "200", { pieces: pieces(right, 7), heard: "bytes" }),
    tunnel("control: a hello in many records", secure, "200", { pieces: pieces(inRecords(right, 50), 1000), heard: "bytes" }),
    get("no token", `http://${plain}/`, "407", { auth: "" }),
    get("a wrong token", `http://${plain}/`, "407", { auth: basic("0".repeat(32)) }),
    get("the token as another scheme", `http://${plain}/`, "407", { auth: `proxy-authorization: Bearer ${TOKEN}\r\n` }),
    { ...tunnel("a tunnel without a token", secure, "407"), send: `CONNECT ${secure} HTTP/1.1\r\nhost: ${secure}\r\n\r\n` },
    get("the allowed name as a prefix", `http://good.example.net.evil.example:${v}/`, "403"),
    get("the allowed name as a suffix without a dot", `http://evilgood.example.net:${v}/`, "403"),
    get("the allowed name as userinfo", `http://good.example.net@127.0.0.1:${v}/`, "400"),
    get("another port of the allowed name", `http://good.example.net:${v}/`, "403"),
    get("loopback", `http://127.0.0.1:${v}/`, "403"),
    get("loopback in decimal", `http://2130706433:${v}/`, "403"),
    get("loopback in hexadecimal", `http://0x7f.1:${v}/`, "403"),
    get("loopback in octal", `http://0177.0.0.1:${v}/`, "403"),
    get("loopback in IPv6", `http://[::1]:${v}/`, "403"),
    get("loopback mapped into IPv6", `http://[::ffff:127.0.0.1]:${v}/`, "403"),
    get("localhost", `http://localhost:${v}/`, "403"),
    tunnel("the cloud's metadata", "169.254.169.254:80", "403"),
    get("an allowed name that leads inside", `http://inside.example.net:${good.port}/`, "403"),
    get("an allowed name with one answer inside", `http://two.example.net:${good.port}/`, "403"),
    get("a name before it is rebound", `http://rebind.example.net:${good.port}/`, "200", { heard: "reached good" }),
    get("the name after it was rebound: still the first answer", `http://rebind.example.net:${good.port}/`, "200", {
      heard: "reached good",
    }),
    tunnel("another server name than the CONNECT host", secure, "200", { serverName: "evil.example.net" }),
    tunnel("no server name", secure, "200"),
    tunnel("another server name, in many records", secure, "200", { pieces: pieces(inRecords(wrong, 50), 1000) }),
    tunnel("a second server name behind the first", secure, "200", { pieces: [withExtension(right, 0, secondName).toString("base64")] }),
    tunnel("an encrypted hello", secure, "200", { pieces: [withExtension(right, 0xfe0d, Buffer.from([0])).toString("base64")] }),
    tunnel("plain HTTP in a tunnel", plain, "200", { pieces: [Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n").toString("base64")] }),
    tunnel("raw bytes in a tunnel", plain, "200", { pieces: [Buffer.from("SSH-2.0-x\r\n").toString("base64")] }),
    tunnel("a tunnel to mail", "good.example.net:25", "403"),
    tunnel("a tunnel with userinfo", `good.example.net@127.0.0.1:${v}`, "400"),
    tunnel("a tunnel with a path", `good.example.net:${goodTls.port}/x`, "400"),
    get("another Host than the URL's", `http://${plain}/`, "400", { host: "evil.example.net" }),
    get("the Host on another port", `http://${plain}/`, "400", { host: `good.example.net:${v}` }),
    get("two Hosts", `http://${plain}/`, "400", { extra: "host: evil.example.net\r\n" }),
    get("a URL without a host", "/", "400", { host: plain }),
    get("an https URL in plain", `https://${secure}/`, "400"),
    get("a message of two lengths", `http://${plain}/`, "400", {
      method: "POST",
      extra: "content-length: 5\r\ntransfer-encoding: chunked\r\n",
    }),
    get("TRACE", `http://${plain}/`, "403", { method: "TRACE" }),
    { name: "bytes that are no HTTP", send: "\u0016\u0003\u0001\0\0garbage", statuses: ["400"] },
    {
      name: "a second request on the way of the first",
      send: `GET http://${plain}/ HTTP/1.1\r\nhost: ${plain}\r\n${basic(TOKEN)}\r\n${get("", `http://127.0.0.1:${v}/`, "").send}`,
      statuses: ["200", "403"],
      heard: "reached good",
    },
    { name: "past the proxy: the victim itself", to: { host: "127.0.0.1", port: v }, send: "GET / HTTP/1.0\r\n\r\n", statuses: [] },
    { name: "past the proxy: a public address", to: { host: "93.184.216.34", port: 80 }, send: "GET / HTTP/1.0\r\n\r\n", statuses: [] },
    {
      ...get("past the bridge: the socket, without a token", `http://${plain}/`, "407", { auth: "" }),
      to: { path: "/run/portcullis/egress.sock" },
    },
  ];
}

let cases: readonly Case[];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "proxy-"));
  good = await serve((_, response) => {
    reached.good += 1;
    response.end("reached good");
  });
  goodTls = await serveTls(certificate, (_, response) => {
    reached.good += 1;
    response.end("reached good");
  });
  victim = await serve((_, response) => {
    reached.victim += 1;
    response.end("reached victim");
  });
  dns = await serveDns(
    {
      "rebind.example.net": [["127.0.0.1"], ["10.0.0.1"]],
      "inside.example.net": [["10.0.0.1"]],
      "two.example.net": [["127.0.0.1", "10.0.0.1"]],
    },
    ["127.0.0.1"],
  );
  egress = openEgress({ allow: [`127.0.0.1:${good.port}`, `127.0.0.1:${goodTls.port}`], dns: [dns.address], redirects: 5 });
  records = [];
  door = await egress.command(egress.eyes(new AbortController().signal), join(directory, "egress.sock"), TOKEN, {
    decide,
    record: (record) => void records.push(record),
    limits: { bytes: 10_000_000, idle: 5000 },
  });
  cases = await makeCases();
  const file = join(directory, "attempts.json");
  writeFileSync(file, JSON.stringify(cases.map((attempt) => ({ to: proxy, ...attempt }))));
  const script = new URL("inside.ts", import.meta.url).pathname;
  const ran = await runInside(
    door.bridge,
    ["/run/portcullis/node", "/project/inside.ts", "/project/attempts.json"],
    [
      [script, "/project/inside.ts"],
      [file, "/project/attempts.json"],
    ],
  );
  if (ran.code !== 0) throw new Error(ran.stderr);
  results = new Map((JSON.parse(ran.stdout) as Result[]).map((result) => [result.name, result]));
});
afterAll(async () => {
  await door.close();
  for (const place of [good, goodTls, victim]) await place.close();
  await dns.close();
  rmSync(directory, { recursive: true });
});

function countOf(status: string): number {
  return records.filter((record) => record.status === status).length;
}

describe("attacks from inside a real sandbox", () => {
  test("every attempt came to what it should", () => {
    const expected = cases.map(({ name, statuses, heard = "" }) => ({ name, statuses, heard }));
    expect(cases.map(({ name }) => results.get(name))).toEqual(expected);
  });

  test("there are at least 22 attacks beside the controls", () => {
    expect(cases.filter(({ heard }) => heard === undefined).length).toBeGreaterThanOrEqual(22);
  });

  test("the victim was never reached", () => {
    expect(reached.victim).toBe(0);
  });

  test("control: without the sandbox the victim is reached", async () => {
    const socket = connectTcp(victim.port, "127.0.0.1");
    socket.end("GET / HTTP/1.0\r\n\r\n");
    const [chunk] = (await once(socket, "data")) as [Buffer];
    expect(String(chunk)).toContain("reached victim");
  });

  test("a name is looked up once a command, and one that isn't admitted never", () => {
    expect(dns.asked.filter((name) => name === "rebind.example.net")).toHaveLength(2); // A and AAAA
    expect(new Set(dns.asked)).toEqual(new Set(["good.example.net", "rebind.example.net", "inside.example.net", "two.example.net"]));
  });

  test("every refusal is recorded, and nothing that began is left open", () => {
    expect(countOf("begun")).toBe(countOf("done") + countOf("failed"));
    expect(countOf("refused")).toBe(cases.flatMap(({ statuses }) => statuses.filter((status) => status.startsWith("4"))).length - 2); // no HTTP at all
  });

  test("a record says who, where and how much, and why not", () => {
    const [begun, done] = records.filter(({ host, port, method }) => host === "good.example.net" && port === good.port && method === "GET");
    const common = { method: "GET", scheme: "http", host: "good.example.net", port: good.port, addresses: ["127.0.0.1"] };
    expect([begun, done]).toEqual([
      { status: "begun", ...common, sent: 0, received: 0 },
      { status: "done", ...common, sent: 0, received: 12 },
    ]);
    expect(records.find(({ host }) => host === "inside.example.net")).toEqual({
      status: "refused",
      method: "GET",
      scheme: "http",
      host: "inside.example.net",
      port: good.port,
      addresses: ["10.0.0.1"],
      reason: `\`inside.example.net:${good.port}\` means a forbidden address (private)`,
      sent: 0,
      received: 0,
    });
  });

  test("the socket is there for the sandbox's user, whoever that is", () => {
    expect(statSync(join(directory, "egress.sock")).mode & 0o666).toBe(0o666);
  });
});
