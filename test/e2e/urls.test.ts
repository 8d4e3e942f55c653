/** The url corpus through the built command line: `policy explain --batch` with a scripted name server, every hop of a redirect on its own. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EITHER, LISTED, loadRows, scriptOf } from "../egress/corpus.ts";
import type { Row } from "../egress/corpus.ts";
import type { DnsServer } from "../egress/dns-server.ts";
import { serveDns } from "../egress/dns-server.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

const rows = loadRows();
const MOST_REDIRECTS = 5;

interface Explained {
  readonly effect: string;
  readonly code?: string;
  readonly reason: string;
  readonly rules: readonly { readonly id: string }[];
  readonly resources: readonly { readonly addresses?: readonly { readonly address: string; readonly kind: string }[] }[];
}

let world: World;
let dns: DnsServer;
const verdicts = new Map<string, Explained[]>();

/** The URLs a row asks for: its own, then each place it is sent to; one that can't be read ends the way. */
function hopsOf({ input, redirects = [] }: Row): string[] {
  const hops = [input];
  for (const [status, location] of redirects) {
    const next = status < 300 ? null : URL.parse(location, hops.at(-1));
    if (next === null) break;
    hops.push(next.href);
  }
  return hops;
}

async function explainAll(profile: Row["profile"], policy: string): Promise<void> {
  const file = join(world.root, `${profile}.yaml`);
  writeFileSync(file, policy, { mode: 0o600 });
  const wanted = rows.filter((row) => row.profile === profile);
  const calls = wanted.flatMap((row) =>
    hopsOf(row).map((url) => ({ id: row.id, tool: "fetch", args: { url, method: row.method ?? "GET", headers: row.headers ?? {} } })),
  );
  const input = calls.map(({ tool, args }) => JSON.stringify({ tool, args })).join("\n");
  const { stdout, code } = await world.run(["policy", "explain", "--json", "--batch", "--policy", file, "--workspace", world.workspace], {
    input: `${input}\n`,
  });
  const answers = stdout.trim().split("\n");
  expect({ code, answers: answers.length }).toEqual({ code: 0, answers: calls.length });
  for (const [index, { id }] of calls.entries())
    verdicts.set(id, [...(verdicts.get(id) ?? []), JSON.parse(answers[index] ?? "") as Explained]);
}

beforeAll(async () => {
  world = createWorld();
  dns = await serveDns(scriptOf(rows), ["93.184.216.34"]);
  const listed = JSON.stringify([...LISTED, "*.example.com"]);
  await explainAll("allowlist", `version: 1\ndefault: deny\negress: { allow: ${listed}, dns: ["${dns.address}"] }\n`);
  const rule = "{ id: public, effect: allow, net: { host: '*' }, why: any public host }";
  await explainAll("public", `version: 1\negress: { dns: ["${dns.address}"] }\nrules: [${rule}]\n`);
});
afterAll(async () => {
  await dns.close();
  world.remove();
});

describe("the url corpus, explained", () => {
  test.each(rows.map((row) => [row.id, row.area, row.why, row] as const))("%s %s: %s", (_id, _area, _why, row) => {
    const hops = verdicts.get(row.id) ?? [];
    const stopped = hops.findIndex(({ effect }) => effect !== "allow");
    const outcome = stopped === -1 && hops.length <= MOST_REDIRECTS + 1 ? "allow" : "deny";
    if (EITHER.test(row.expect)) expect(["allow", "deny"]).toContain(outcome);
    else expect(outcome).toBe(row.expect);
    for (const { reason } of hops) expect(reason.replace(/[\w.-]+\.nip\.io/, "")).not.toMatch(/\d+\.\d+\.\d+\.\d+|::|\n/);
  });

  test("a name that is allowed is judged by what it means", () => {
    expect(verdicts.get("url-182")?.[0]).toMatchObject({
      effect: "deny",
      rules: [{ id: "floor/address" }],
      resources: [{ addresses: [{ address: "127.0.0.1", kind: "loopback" }] }],
    });
  });

  test("no name that the list denies is asked of the name server", () => {
    const denied = rows.filter(({ profile, area }) => profile === "allowlist" && area === "allowlist");
    const listed = (host: string) => LISTED.includes(host) || host.endsWith(".example.com");
    const hosts = denied.flatMap(({ input }) => URL.parse(input)?.hostname.replace(/\.$/, "") ?? []).filter((host) => !listed(host));
    expect(hosts.length).toBeGreaterThan(8);
    for (const host of hosts) expect(dns.asked).not.toContain(host);
  });
});

const docs = readFileSync(new URL("../../docs/egress.md", import.meta.url), "utf8");
const policies = [...docs.matchAll(/^```yaml\n([^]*?)```/gm)].map(([, text]) => text ?? "");

test("the policies of docs/egress.md load without a finding and pass their own tests", async () => {
  const files = policies.map((text, index) => {
    const file = join(world.root, `docs-${index}.yaml`);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  });
  expect(await world.run(["policy", "check", ...files])).toEqual({
    code: 0,
    stdout: files.map((file) => `${file}: ok\n`).join(""),
    stderr: "",
  });
});
