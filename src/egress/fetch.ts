import { isIP } from "node:net";
import type { Decision, HttpHop, HttpPage, HttpRequest, Target, UrlEyes, UrlResource } from "../types.ts";
import { Refusal } from "../types.ts";
import type { Body } from "./body.ts";
import { ACCEPT_ENCODING, readBody } from "./body.ts";
import type { Answer } from "./dial.ts";
import { send } from "./dial.ts";
import { checkHeaders, headersThatFollow } from "./headers.ts";
import { authorityOf, normalizeMethod, normalizeUrl } from "./host.ts";
import type { Reopened } from "./resolve.ts";
import { dialable, waitFor } from "./resolve.ts";
import { decodeText, formOf, looksLikeHtml, looksLikeText, readMediaType } from "./text.ts";

/** What one call of `fetch` was granted. */
export interface FetchGrant {
  /** Asked before every hop, first without addresses, then with them; only `allow` goes on. The first hop is what was decided or approved. */
  readonly decide: (resource: UrlResource) => Pick<Decision, "effect" | "rules">;
  /** Headers that carry the operator's secrets for this host. Asked anew at every hop, so they never go along to another. */
  readonly secrets: (host: string) => Promise<Readonly<Record<string, string>>>;
  /** Hears of every request that was sent, whatever became of it. */
  readonly record: (hop: HttpHop) => void;
  /** Whole time (ms) and size of a body as read and as unpacked (bytes). */
  readonly limits: { readonly timeout: number; readonly bytes: number };
  readonly signal: AbortSignal;
}

/** A hop that was followed to its answer. */
interface Hop {
  readonly target: Target;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

const USER_AGENT = "portcullis";

/**
 * One call of the `fetch` tool. Every hop is: decide by name, resolve (once a call and name), decide by address, check that each address may
 * be dialled, dial exactly one of them. Refusals: DENIED (a hop that isn't allowed, too many redirects), TIMEOUT, CANCELLED, FAILED.
 */
export async function fetchPage(
  eyes: UrlEyes,
  redirects: number,
  reopened: Reopened,
  grant: FetchGrant,
  request: HttpRequest,
): Promise<HttpPage> {
  const late = new Refusal("TIMEOUT", `no answer within ${grant.limits.timeout} ms`, "try again, or raise limits.timeout");
  const clock = new AbortController();
  const timer = setTimeout(() => clock.abort(late), grant.limits.timeout);
  const cancel = (): void => clock.abort(new Refusal("CANCELLED", "the call was cancelled", "call again"));
  grant.signal.addEventListener("abort", cancel, { once: true });
  if (grant.signal.aborted) cancel();
  try {
    const run: Run = { eyes, reopened, grant, signal: clock.signal };
    return await follow(run, redirects, request);
  } finally {
    clearTimeout(timer);
    grant.signal.removeEventListener("abort", cancel);
  }
}

interface Run {
  readonly eyes: UrlEyes;
  readonly reopened: Reopened;
  readonly grant: FetchGrant;
  readonly signal: AbortSignal;
}

async function follow(run: Run, redirects: number, request: HttpRequest): Promise<HttpPage> {
  let hop: Hop = {
    target: request.target,
    method: normalizeMethod(request.method),
    headers: checkHeaders(request.headers),
    body: request.body,
  };
  for (let left = redirects; ; left -= 1) {
    const { answer, record } = await take(run, hop, left === redirects);
    try {
      const location = redirection(answer);
      if (location === undefined) return await readPage(run, hop, answer, record, request);
      record(0);
      if (left === 0) throw new Refusal("DENIED", `more than ${redirects} redirects (egress.redirects)`, "fetch the last URL itself");
      hop = nextHop(hop, answer.status, location);
    } finally {
      await answer.close();
    }
  }
}

/** One request: judged by name, then by address, then sent there. */
async function take(run: Run, hop: Hop, first: boolean): Promise<{ answer: Answer; record: (bytes: number) => void }> {
  const { target, method } = hop;
  const named = run.eyes.resource(target, method);
  admit(run, named, first);
  const resource = await waitFor(run.eyes.resolve(named), run.signal);
  admit(run, resource, first);
  const addresses = dialable(resource, run.reopened);
  const { scheme, host, port } = target;
  const secrets = mayCarrySecrets(target, addresses, run.reopened) ? await waitFor(run.grant.secrets(host), run.signal) : {};
  const headers = { accept: "text/markdown, text/html;q=0.9, */*;q=0.8", "user-agent": USER_AGENT, ...hop.headers, ...lowerCase(secrets) };
  const sent = { method, headers: { ...headers, "accept-encoding": ACCEPT_ENCODING }, body: hop.body };
  const record = (address: string, status: number, bytes: number) =>
    run.grant.record({ method, scheme, host, port, address, status, bytes });
  const answer = await send(target, addresses, sent, run.signal).catch((error: unknown) => {
    record("", 0, 0);
    throw error;
  });
  return { answer, record: (bytes) => record(answer.address, answer.status, bytes) };
}

/** A secret travels encrypted, or to a place that the operator named by address. */
export function mayCarrySecrets({ scheme, port }: Target, addresses: readonly string[], reopened: Reopened): boolean {
  return scheme === "https" || addresses.every((address) => reopened(address, port));
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function admit(run: Run, resource: UrlResource, first: boolean): void {
  const { effect, rules } = run.grant.decide(resource);
  if (effect === "allow") return;
  // A literal that a redirect names may be an inside address: the kind of hop is all the caller needs.
  const where = first || isIP(resource.host) === 0 ? `\`${resource.scheme}://${authorityOf(resource.host, resource.port)}\`` : "an address";
  const reason = `${first ? "the request" : "a redirect"} to ${where} is not allowed by the policy (${effect} by ${rules.map(({ id }) => id).join(", ")})`;
  throw new Refusal(
    "DENIED",
    reason,
    effect === "ask" && !first ? "fetch that URL itself, so that it can be asked for" : "see explain_policy",
  );
}

/** The Location of an answer that redirects. A Refresh header is never followed. */
function redirection({ status, headers }: Answer): string | undefined {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined;
  const { location } = headers;
  if (Array.isArray(location)) throw new Refusal("FAILED", "the answer redirects to several places", "try another URL");
  return location;
}

/** The next request (RFC 9110, 15.4): 303 always, 301 and 302 after POST become GET without a body; only harmless headers change the origin. */
function nextHop(hop: Hop, status: number, location: string): Hop {
  const url = URL.parse(location, hop.target.href);
  if (!url) throw new Refusal("FAILED", "the answer redirects to something that is no URL", "try another URL");
  url.hash = "";
  const target = normalizeUrl(url.href);
  const asGet = (status === 303 && hop.method !== "HEAD") || (status < 303 && hop.method === "POST");
  const from = hop.target;
  const same = target.scheme === from.scheme && target.host === from.host && target.port === from.port;
  const headers = same ? hop.headers : headersThatFollow(hop.headers);
  return { target, method: asGet ? "GET" : hop.method, headers, ...(!asGet && { body: hop.body }) };
}

async function readPage(run: Run, hop: Hop, answer: Answer, record: (bytes: number) => void, request: HttpRequest): Promise<HttpPage> {
  const { type, charset } = readMediaType(String(answer.headers["content-type"] ?? ""));
  const form = formOf(type);
  let body: Body = { bytes: Buffer.alloc(0), wire: 0 };
  const skip = form === "metadata" || hop.method === "HEAD";
  try {
    if (!skip) body = await readBody(answer, hop.target.host, run.grant.limits.bytes, run.signal);
  } finally {
    record(body.wire);
  }
  const length = Number(answer.headers["content-length"] ?? Number.NaN);
  const common = {
    url: hop.target.href,
    status: answer.status,
    contentType: type,
    ...(length >= 0 && { length }),
    ...(body.cut && { cut: body.cut }),
  };
  if (skip || (form === "unknown" && !looksLikeText(body.bytes))) {
    return { ...common, form: "metadata", text: "", replaced: false, hidden: "" };
  }
  const { text, replaced } = decodeText(body.bytes, charset, form === "html");
  const html = form === "html" || (form === "unknown" && looksLikeHtml(text));
  const shown = html && !request.raw ? await toMarkdown(text, hop.target.href) : { text, hidden: "" };
  return { ...common, ...shown, form: html && !request.raw ? "markdown" : "text", replaced };
}

async function toMarkdown(html: string, base: string): Promise<{ readonly text: string; readonly hidden: string }> {
  const { htmlToMarkdown } = await import("./html.ts");
  return htmlToMarkdown(html, base);
}
