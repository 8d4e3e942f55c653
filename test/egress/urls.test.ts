import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEgress } from "../../src/egress/door.ts";
import { checkHeaders } from "../../src/egress/headers.ts";
import { dialable } from "../../src/egress/resolve.ts";
import type { UrlResource } from "../../src/types.ts";
import { Refusal } from "../../src/types.ts";
import { EITHER, LISTED, loadRows, scriptOf } from "./corpus.ts";
import type { Row } from "./corpus.ts";
import type { DnsServer } from "./dns-server.ts";
import { serveDns } from "./dns-server.ts";

const rows = loadRows();

/** The profiles of the corpus, as the policy would decide them. */
function admits(row: Row, { host, port, method }: UrlResource): boolean {
  if (!["GET", "HEAD"].includes(method) && row.method === undefined) return false;
  if (row.profile === "public") return true;
  return (port === 80 || port === 443) && (LISTED.includes(host) || host.endsWith(".example.com"));
}

let dns: DnsServer;
beforeAll(async () => {
  dns = await serveDns(scriptOf(rows), ["93.184.216.34"]);
});
afterAll(async () => dns.close());

/** Everything a request does before a packet leaves: parse, decide by name, resolve, judge the addresses; then each redirect the same. */
async function judge(row: Row): Promise<"allow" | Refusal> {
  const egress = openEgress({ allow: [], dns: [dns.address], redirects: 5 });
  const eyes = egress.eyes(new AbortController().signal);
  try {
    checkHeaders(row.headers ?? {});
    let target = eyes.parse(row.input);
    const steps: (readonly [number, string])[] = [...(row.redirects ?? [])];
    for (let hop = 0; ; hop += 1) {
      const resource = eyes.resource(target, row.method ?? "GET");
      if (!admits(row, resource)) throw new Refusal("DENIED", "not admitted", "");
      dialable(await eyes.resolve(resource), () => false);
      const [status = 0, location = ""] = steps.shift() ?? [];
      if (status < 300) return "allow";
      if (hop === 5) throw new Refusal("DENIED", "too many redirects", "");
      target = eyes.parse(new URL(location, target.href).href);
    }
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

describe("the url corpus", () => {
  test.each(rows.map((row) => [row.id, row.area, row.why, row] as const))("%s %s: %s", async (_id, _area, _why, row) => {
    const verdict = await judge(row);
    const outcome = verdict === "allow" ? "allow" : "deny";
    if (EITHER.test(row.expect)) expect(["allow", "deny"]).toContain(outcome);
    else expect(outcome).toBe(row.expect);
    if (verdict instanceof Refusal) expect(verdict.message.replace(/[\w.-]+\.nip\.io/, "")).not.toMatch(/\d+\.\d+\.\d+\.\d+|::|\n/);
  });

  test("no row is asked of the name server that the profile doesn't admit", async () => {
    dns.asked.length = 0;
    for (const row of rows.filter(({ area, profile }) => profile === "allowlist" && area === "allowlist")) await judge(row);
    expect(new Set(dns.asked)).toEqual(new Set(["example.com"]));
  });
});
