import type { ServerResponse } from "node:http";
import { setDefaultCACertificates, getCACertificates } from "node:tls";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { send } from "../../src/egress/dial.ts";
import { mayCarrySecrets } from "../../src/egress/fetch.ts";
import { normalizeUrl } from "../../src/egress/host.ts";
import type { HttpHop, HttpPage } from "../../src/types.ts";
import { makeCertificate } from "./certificate.ts";
import type { DnsServer } from "./dns-server.ts";
import { serveDns } from "./dns-server.ts";
import type { Fetching, Handler, Outcome, Place } from "./world.ts";
import { ALLOW, fetchUrl, serve, serveRaw, serveTls } from "./world.ts";

const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024));
const words = "word ".repeat(1000);

const nothing = Buffer.concat(Array.from({ length: 100 }, () => gzipSync("")));

/** Writes the same again and again for as long as it is taken. */
function pour(response: ServerResponse, piece: string | Buffer): void {
  while (response.write(piece));
  response.once("drain", () => pour(response, piece));
}

/** What the test server does, by path. */
const PATHS: Readonly<Record<string, Handler>> = {
  "/text": (_, response) => response.setHeader("content-type", "text/plain").end(words),
  "/html": (_, response) => response.setHeader("content-type", "text/html; charset=utf-8").end("<h1>Title</h1><p>Body <b hidden>no</b>"),
  "/json": (_, response) => response.setHeader("content-type", "application/json").end('{"a":1}'),
  "/png": (_, response) => response.setHeader("content-type", "image/png").end(Buffer.alloc(100)),
  "/untyped-text": (_, response) => response.end("plain"),
  "/untyped-html": (_, response) => response.end("<!DOCTYPE html><p>page"),
  "/untyped-bytes": (_, response) => response.end(Buffer.from([1, 0, 2])),
  "/latin1": (_, response) => response.setHeader("content-type", "text/plain; charset=ISO-8859-1").end(Buffer.from([0xe4])),
  "/shift-jis": (_, response) => response.setHeader("content-type", 'text/plain; charset="shift_jis"').end(Buffer.from([0x82, 0xa0])),
  "/utf16": (_, response) => response.setHeader("content-type", "text/plain").end(Buffer.from("\ufeffhi", "utf16le")),
  "/no-such-charset": (_, response) => response.setHeader("content-type", "text/plain; charset=klingon").end("ä"),
  "/invalid-utf8": (_, response) => response.setHeader("content-type", "text/plain; charset=utf-8").end(Buffer.from([0x61, 0xff, 0x62])),
  "/meta-charset": (_, response) =>
    response.setHeader("content-type", "text/html").end(Buffer.from('<meta charset="windows-1252"><p>\x80', "latin1")),
  "/gzip": (_, response) => response.setHeader("content-type", "text/plain").setHeader("content-encoding", "gzip").end(gzipSync("zipped")),
  "/br": (_, response) =>
    response.setHeader("content-type", "text/plain").setHeader("content-encoding", "br").end(brotliCompressSync("zipped")),
  "/deflate": (_, response) =>
    response.setHeader("content-type", "text/plain").setHeader("content-encoding", "deflate").end(deflateSync("zipped")),
  "/bomb": (_, response) => response.setHeader("content-type", "text/plain").setHeader("content-encoding", "gzip").end(bomb),
  "/empty-gzip": (_, response) => pour(response.setHeader("content-type", "text/plain").setHeader("content-encoding", "gzip"), nothing),
  "/broken-gzip": (_, response) => response.setHeader("content-type", "text/plain").setHeader("content-encoding", "gzip").end("not gzip"),
  "/double-gzip": (_, response) =>
    response
      .setHeader("content-type", "text/plain")
      .setHeader("content-encoding", "gzip, gzip")
      .end(gzipSync(gzipSync("x"))),
  "/endless": (_, response) => pour(response.setHeader("content-type", "text/plain"), "x".repeat(65_536)),
  "/slow-body": (_, response) => response.setHeader("content-type", "text/plain").write("begin"),
  "/no-headers": () => undefined,
  "/404": (_, response) => response.writeHead(404, { "content-type": "text/plain" }).end("nothing here"),
  "/refresh": (_, response) => response.writeHead(200, { refresh: "0; url=http://127.0.0.1/", "content-type": "text/plain" }).end("stay"),
  "/echo": (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { host: _host, ...headers } = request.headers;
      response
        .setHeader("content-type", "application/json")
        .end(JSON.stringify({ method: request.method, headers, body: String(Buffer.concat(chunks)) }));
    });
  },
  "/many": (request, response) => {
    const left = Number(new URL(request.url ?? "", "http://x").searchParams.get("n") ?? 100);
    if (left === 0) response.setHeader("content-type", "text/plain").end("arrived");
    else response.writeHead(302, { location: `/many?n=${left - 1}` }).end();
  },
  "/to": (request, response) => {
    const query = new URL(request.url ?? "", "http://x").searchParams;
    response.writeHead(Number(query.get("status") ?? 302), { location: query.get("url") ?? "" }).end();
  },
};

const handler: Handler = (request, response) => {
  const path = new URL(request.url ?? "", "http://x").pathname;
  (PATHS[path] ?? ((_, missing) => missing.writeHead(500).end()))(request, response);
};

let here: Place;
let other: Place;
let tls: Place;
let expired: Place;
let stranger: Place;
let dns: DnsServer;
let raw: Place;
const good = makeCertificate("good.example.net", "valid");
const over = makeCertificate("good.example.net", "expired");

beforeAll(async () => {
  setDefaultCACertificates([...getCACertificates("default"), good.cert, over.cert]);
  here = await serve(handler);
  other = await serve(handler);
  tls = await serveTls(good, handler);
  stranger = await serveTls(makeCertificate("good.example.net", "valid"), handler); // signed by itself and by nobody we trust
  expired = await serveTls(over, handler);
  raw = await serveRaw((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
  dns = await serveDns(
    {
      "silent.example.net": [null],
      "empty.example.net": [[]],
      "two.example.net": [["93.184.216.34", "10.0.0.1"]],
      "six.example.net": [["93.184.216.34", "::1"]],
      "rebind.example.net": [["127.0.0.1"], ["10.0.0.1"]],
    },
    ["127.0.0.1"],
  );
});
afterAll(async () => {
  for (const place of [here, other, tls, expired, stranger, raw]) await place.close();
  await dns.close();
});

/** A call with both plain servers and the TLS servers reopened. */
async function get(url: string, more: Fetching = {}): Promise<Outcome> {
  const allow = [here, other, tls, expired, stranger, raw].map(({ port }) => `127.0.0.1:${port}`);
  return fetchUrl(url, { allow, dns: [dns.address], ...more });
}

const local = (path: string): string => `http://127.0.0.1:${here.port}${path}`;

function shown(outcome: Outcome): Partial<HttpPage> | Outcome {
  if ("code" in outcome) return outcome;
  const { form, text, replaced, cut } = outcome;
  return { form, text, replaced, ...(cut && { cut }) };
}

describe("what comes back is shown by its type", () => {
  test.each([
    ["HTML becomes Markdown", "/html", { form: "markdown", text: "# Title\n\nBody", replaced: false }],
    ["JSON stays as it is", "/json", { form: "text", text: '{"a":1}', replaced: false }],
    ["a picture is metadata only", "/png", { form: "metadata", text: "", replaced: false }],
    ["no type and text", "/untyped-text", { form: "text", text: "plain", replaced: false }],
    ["no type and a page", "/untyped-html", { form: "markdown", text: "page", replaced: false }],
    ["no type and bytes", "/untyped-bytes", { form: "metadata", text: "", replaced: false }],
    ["the header names the charset", "/latin1", { form: "text", text: "ä", replaced: false }],
    ["a charset of several bytes, in quotes", "/shift-jis", { form: "text", text: "あ", replaced: false }],
    ["the byte order mark names the charset", "/utf16", { form: "text", text: "hi", replaced: false }],
    ["the page names the charset", "/meta-charset", { form: "markdown", text: "€", replaced: false }],
    ["an unknown charset is read as UTF-8", "/no-such-charset", { form: "text", text: "ä", replaced: false }],
    ["bytes that are no text are replaced, and it says so", "/invalid-utf8", { form: "text", text: "a\ufffdb", replaced: true }],
    ["gzip", "/gzip", { form: "text", text: "zipped", replaced: false }],
    ["brotli", "/br", { form: "text", text: "zipped", replaced: false }],
    ["deflate", "/deflate", { form: "text", text: "zipped", replaced: false }],
    ["a Refresh header is not followed", "/refresh", { form: "text", text: "stay", replaced: false }],
    ["an error page is shown", "/404", { form: "text", text: "nothing here", replaced: false }],
  ])("%s", async (_what, path, expected) => {
    expect(shown(await get(local(path)))).toEqual(expected);
  });

  test("raw shows the source of a page", async () => {
    expect(shown(await get(local("/untyped-html"), { request: { raw: true } }))).toEqual({
      form: "text",
      text: "<!DOCTYPE html><p>page",
      replaced: false,
    });
  });

  test("HEAD brings no body", async () => {
    const page = await get(local("/text"), { request: { method: "head" } });
    expect(page).toEqual({
      url: local("/text"),
      status: 200,
      contentType: "text/plain",
      form: "metadata",
      text: "",
      replaced: false,
      hidden: "",
    });
  });

  test("a page says what it is and where it came from", async () => {
    expect(await get(local("/text"))).toEqual({
      url: local("/text"),
      status: 200,
      contentType: "text/plain",
      length: 5000,
      form: "text",
      text: words,
      replaced: false,
      hidden: "",
    });
  });
});

describe("every request is recorded, whatever became of it", () => {
  const plain = { method: "GET", scheme: "http", host: "127.0.0.1" };
  const hop = (port: number, status: number, bytes: number) => ({
    ...plain,
    port,
    address: status === 0 ? "" : "127.0.0.1",
    status,
    bytes,
  });
  test.each<[string, () => string, () => HttpHop[]]>([
    ["a page", () => local("/text"), () => [hop(here.port, 200, 5000)]],
    ["a redirect", () => local(`/to?url=${local("/json")}`), () => [hop(here.port, 302, 0), hop(here.port, 200, 7)]],
    ["a redirect that is not followed", () => local("/to?url=http://10.0.0.1/"), () => [hop(here.port, 302, 0)]],
    ["a body that doesn't unpack", () => local("/broken-gzip"), () => [hop(here.port, 200, 0)]],
    ["no answer", () => `http://127.0.0.1:${raw.port}/`, () => [hop(raw.port, 0, 0)]],
    ["nothing that was sent", () => "http://10.0.0.1/", () => []],
  ])("%s", async (_what, url, expected) => {
    const hops: HttpHop[] = [];
    await get(url(), { grant: { record: (one) => hops.push(one) } });
    expect(hops).toEqual(expected());
  });
});

describe("bad input is refused or cut with a reason", () => {
  const small = { grant: { limits: { timeout: 400, bytes: 10_000 } } };
  test.each([
    ["an endless body is cut at the size", "/endless", { form: "text", text: "x".repeat(10_000), replaced: false, cut: "size" }],
    ["a slow body is cut at the time", "/slow-body", { form: "text", text: "begin", replaced: false, cut: "time" }],
    ["a gzip bomb is cut at the size", "/bomb", { form: "text", text: "\0".repeat(10_000), replaced: false, cut: "size" }],
    ["gzip that unpacks to nothing, without an end", "/empty-gzip", { form: "text", text: "", replaced: false, cut: "size" }],
    ["headers that never come", "/no-headers", { code: "TIMEOUT", reason: "no answer within 400 ms" }],
    ["a body that doesn't unpack", "/broken-gzip", { code: "FAILED", reason: "`127.0.0.1` sent a body that doesn't unpack" }],
    ["a coding inside a coding", "/double-gzip", { code: "FAILED", reason: "`127.0.0.1` answered in an unknown coding" }],
    ["100 redirects", "/many", { code: "DENIED", reason: "more than 5 redirects (egress.redirects)" }],
    [
      "a redirect to a private address",
      "/to?url=http://10.0.0.1/",
      { code: "DENIED", reason: "the URL names a forbidden address (private)" },
    ],
    [
      "a redirect to loopback in decimal",
      "/to?url=http://2130706433/",
      { code: "DENIED", reason: "the URL names a forbidden address (loopback)" },
    ],
    [
      "a redirect to a name with two answers, one private",
      "/to?url=http://two.example.net/",
      { code: "DENIED", reason: "`two.example.net:80` means a forbidden address (private)" },
    ],
    ["a redirect to a file", "/to?url=file:///etc/passwd", { code: "DENIED", reason: "the scheme `file` is not fetched" }],
    [
      "a redirect with credentials",
      "/to?url=http://u:p@example.net/",
      { code: "INVALID_INPUT", reason: "the URL carries a user name or password" },
    ],
    ["a redirect to no URL", "/to?url=http://%5B", { code: "FAILED", reason: "the answer redirects to something that is no URL" }],
  ])("%s", async (_what, path, expected) => {
    expect(shown(await get(local(path), small))).toEqual(expected);
  });

  test.each([
    [
      "a server that doesn't speak HTTP",
      () => `http://127.0.0.1:${raw.port}/`,
      { code: "FAILED", reason: "`127.0.0.1` sent no valid HTTP answer" },
    ],
    ["no server at all", () => "http://127.0.0.1:9/", { code: "FAILED", reason: "no connection with `127.0.0.1`" }],
    ["a name server that says nothing", () => "http://silent.example.net/", { code: "TIMEOUT", reason: "no answer within 400 ms" }],
    ["a name without an address", () => "http://empty.example.net/", { code: "NOT_FOUND", reason: "`empty.example.net` has no address" }],
    [
      "two answers, one private",
      () => "http://two.example.net/",
      { code: "DENIED", reason: "`two.example.net:80` means a forbidden address (private)" },
    ],
    [
      "a private answer in the other family",
      () => "http://six.example.net/",
      { code: "DENIED", reason: "`six.example.net:80` means a forbidden address (loopback)" },
    ],
    ["a private literal", () => "http://10.0.0.1/", { code: "DENIED", reason: "the URL names a forbidden address (private)" }],
    ["localhost", () => "http://localhost/", { code: "DENIED", reason: "`localhost:80` means a forbidden address (loopback)" }],
    [
      "a URL of 20,000 characters",
      () => `http://e.org/${"a".repeat(20_000)}`,
      { code: "INVALID_INPUT", reason: "the URL is longer than 8192 characters" },
    ],
    ["userinfo", () => "http://u:p@e.org/", { code: "INVALID_INPUT", reason: "the URL carries a user name or password" }],
  ])("%s", async (_what, url, expected) => {
    const allow = [`127.0.0.1:${raw.port}`, "127.0.0.1:9"];
    expect(await get(url(), { ...small, allow })).toEqual(expected);
  });

  test.each([
    ["a value with a line end", { "x-a": "b\r\nx-evil: 1" }, "a header holds characters that HTTP doesn't allow"],
    ["a value with NUL", { "x-a": "b\0" }, "a header holds characters that HTTP doesn't allow"],
    ["a name with a line end", { "x-a\r\nx-evil": "1" }, "a header holds characters that HTTP doesn't allow"],
    ["an empty name", { "": "1" }, "a header holds characters that HTTP doesn't allow"],
    ["another host", { Host: "evil.example" }, "the header `host` is set by the server"],
    ["a second reading of the length", { "Transfer-Encoding": "chunked" }, "the header `transfer-encoding` is set by the server"],
    ["proxy credentials", { "Proxy-Authorization": "x" }, "the header `proxy-authorization` is set by the server"],
    ["a name given twice", { "X-A": "1", "x-a": "2" }, "the header `x-a` is given twice"],
    ["too many", Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`x-${n}`, "1"])), "more than 64 headers or 16384 bytes of them"],
  ])("header injection: %s", async (_what, headers, reason) => {
    expect(await get(local("/echo"), { request: { headers } })).toEqual({ code: "INVALID_INPUT", reason });
  });

  test.each(["TRACE", "connect", "Track"])("the method %s is never sent", async (method) => {
    const reason = `the method \`${method.toUpperCase()}\` is never sent`;
    expect(await get(local("/echo"), { request: { method } })).toEqual({ code: "DENIED", reason });
  });

  test("a cancelled call stops", async () => {
    const cancel = new AbortController();
    const going = get(local("/no-headers"), { grant: { signal: cancel.signal } });
    cancel.abort();
    expect(await going).toEqual({ code: "CANCELLED", reason: "the call was cancelled" });
  });
});

describe("TLS is checked against the name", () => {
  test("control: a trusted certificate for the name", async () => {
    expect(shown(await get(`https://good.example.net:${tls.port}/json`))).toEqual({ form: "text", text: '{"a":1}', replaced: false });
  });

  test.each([
    [
      "a certificate for another name",
      () => `https://wrong.example.net:${tls.port}/json`,
      "wrong.example.net",
      "err tls cert altname invalid",
    ],
    ["a certificate that is over", () => `https://good.example.net:${expired.port}/json`, "good.example.net", "cert has expired"],
    [
      "a certificate that nobody signed",
      () => `https://good.example.net:${stranger.port}/json`,
      "good.example.net",
      "depth zero self signed cert",
    ],
    ["no TLS on the other side", () => `https://good.example.net:${here.port}/json`, "good.example.net", "err ssl wrong version number"],
  ])("%s", async (_what, url, host, why) => {
    expect(await get(url())).toEqual({ code: "FAILED", reason: `TLS with \`${host}\` failed (${why})` });
  });
});

const there = (path: string): string => `http://127.0.0.1:${other.port}${path}`;
const to = (url: string, status = 302): string => local(`/to?status=${status}&url=${encodeURIComponent(url)}`);

/** What the server saw of the last request. */
async function echo(url: string, more: Fetching = {}): Promise<{ method: string; headers: Record<string, string>; body: string }> {
  const outcome = await get(url, more);
  if ("code" in outcome) throw new Error(outcome.reason);
  return JSON.parse(outcome.text) as { method: string; headers: Record<string, string>; body: string };
}

describe("redirects", () => {
  const headers = { authorization: "Bearer mine", cookie: "a=1", "x-api-key": "k", accept: "text/plain" };

  test("control: headers follow to the same origin", async () => {
    expect((await echo(to(local("/echo")), { request: { headers } })).headers).toMatchObject(headers);
  });

  test("credentials of any name don't follow to another origin", async () => {
    const seen = await echo(to(there("/echo")), { request: { headers } });
    expect(seen.headers).toEqual({
      accept: "text/plain",
      "accept-encoding": "gzip, deflate, br",
      "user-agent": "portcullis",
      connection: "keep-alive",
    });
  });

  test("secrets are asked for at every hop and go to their host alone", async () => {
    const asked: string[] = [];
    const secrets = async (host: string): Promise<Record<string, string>> => {
      asked.push(host);
      return host === "127.0.0.1" ? { Authorization: "Bearer secret" } : {};
    };
    const url = to(`http://next.example.net:${other.port}/echo`);
    const seen = await echo(url, { grant: { secrets } });
    expect({ asked, leaked: seen.headers["authorization"] }).toEqual({ asked: ["127.0.0.1", "next.example.net"], leaked: undefined });
    expect((await echo(local("/echo"), { grant: { secrets } })).headers["authorization"]).toBe("Bearer secret");
  });

  test.each([
    ["over TLS", "https://api.example.net/", true],
    ["in the clear", "http://api.example.net/", false],
    ["in the clear, to an address that the operator named", "http://api.example.net:8080/", true],
  ])("may a secret travel %s? %s: %s", (_how, url, expected) => {
    expect(mayCarrySecrets(normalizeUrl(url), ["93.184.216.34"], (_address, port) => port === 8080)).toBe(expected);
  });

  test.each([
    [301, "POST", "GET", ""],
    [302, "POST", "GET", ""],
    [303, "PUT", "GET", ""],
    [307, "POST", "POST", "body"],
    [308, "PUT", "PUT", "body"],
  ])("%i after %s asks with %s", async (status, method, next, body) => {
    expect(await echo(to(local("/echo"), status), { request: { method, body: "body" } })).toMatchObject({ method: next, body });
  });

  test("every hop is decided, first by name and then by address, and one that isn't allowed is not sent", async () => {
    const seen: string[] = [];
    const url = to(`http://elsewhere.example.net:${other.port}/echo`);
    const outcome = await get(url, {
      grant: {
        decide: ({ host, addresses }) => {
          seen.push(`${host} ${addresses?.map(({ address }) => address).join() ?? "by name"}`);
          return host === "127.0.0.1"
            ? ALLOW
            : { effect: "ask", rules: [{ id: "some-rule", layer: "user", file: "p.yaml", line: 1, effect: "ask" }] };
        },
      },
    });
    expect({ seen, outcome }).toEqual({
      seen: ["127.0.0.1 127.0.0.1", "127.0.0.1 127.0.0.1", "elsewhere.example.net by name"],
      outcome: {
        code: "DENIED",
        reason: `a redirect to \`http://elsewhere.example.net:${other.port}\` is not allowed by the policy (ask by some-rule)`,
      },
    });
    expect(dns.asked).not.toContain("elsewhere.example.net");
  });

  test("the last of the allowed redirects still arrives", async () => {
    expect(shown(await get(local("/many?n=5")))).toEqual({ form: "text", text: "arrived", replaced: false });
  });
});

describe("rebinding, by real connections", () => {
  test("a name is looked up once a call: its second answer is never heard", async () => {
    const url = `http://rebind.example.net:${here.port}/to?url=${encodeURIComponent(`http://rebind.example.net:${other.port}/json`)}`;
    expect(shown(await get(url))).toEqual({ form: "text", text: '{"a":1}', replaced: false });
    expect(dns.asked.filter((name) => name === "rebind.example.net")).toHaveLength(2); // A and AAAA
  });

  test("control: the next call hears it, and is refused", async () => {
    const reason = `\`rebind.example.net:${here.port}\` means a forbidden address (private)`;
    expect(await get(`http://rebind.example.net:${here.port}/json`)).toEqual({ code: "DENIED", reason });
  });

  test("a connection to any address but those that were judged is given up", async () => {
    const sent = send(normalizeUrl(local("/json")), ["93.184.216.34"], { method: "GET", headers: {} }, new AbortController().signal);
    await expect(sent).rejects.toThrow("no connection with `127.0.0.1`");
  });

  test("a proxy in the environment is not used", async () => {
    process.env["HTTP_PROXY"] = process.env["http_proxy"] = "http://127.0.0.1:9";
    try {
      expect(shown(await get(local("/json")))).toEqual({ form: "text", text: '{"a":1}', replaced: false });
    } finally {
      delete process.env["HTTP_PROXY"];
      delete process.env["http_proxy"];
    }
  });
});
