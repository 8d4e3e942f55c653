/**
 * The official conformance suite (`@modelcontextprotocol/conformance`) against three servers: the product as it is shipped, with the tools that
 * the suite names behind the gate, and with the features that the product doesn't offer on top. `expected.ts` says what each comes to.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWorld } from "../e2e/world.ts";
import { startHttp } from "../http/world.ts";
import { addFeatures } from "./conversation.ts";
import { OPEN, PASSING } from "./expected.ts";
import { startFixtures } from "./fixture-server.ts";
import { REVISIONS, runSuite } from "./suite.ts";
import type { Findings } from "./suite.ts";
import { TALKING_TOOLS } from "./talking-tools.ts";
import { TOOLS } from "./tools.ts";

/** The scenarios in which every check succeeded. */
const passed = (findings: Findings): string[] =>
  Object.entries(findings)
    .filter(([, checks]) => checks.length === 0)
    .map(([scenario]) => scenario)
    .sort();

describe("the product as it is shipped", () => {
  const world = createWorld();
  let server: Awaited<ReturnType<typeof startHttp>>;
  beforeAll(async () => {
    server = await startHttp(world, ["--no-auth"]);
  });
  afterAll(async () => {
    await server.stop();
    world.remove();
  });

  test.each(REVISIONS)("passes the scenarios of %s that need no fixture", async (revision) => {
    expect(passed(await runSuite(server.url, revision))).toEqual([...PASSING[revision].shipped].sort());
  });
});

describe("the product with the tools of the suite behind its gate", () => {
  const world = createWorld();
  let server: Awaited<ReturnType<typeof startFixtures>>;
  beforeAll(async () => {
    server = await startFixtures(world, TOOLS);
  });
  afterAll(async () => {
    await server.close();
    world.remove();
  });

  test.each(REVISIONS)("passes the scenarios of %s that need nothing else", async (revision) => {
    const { shipped, tools } = PASSING[revision];
    expect(passed(await runSuite(server.url, revision))).toEqual([...shipped, ...tools].sort());
  });
});

describe("the product with all fixtures", () => {
  const world = createWorld();
  const fixtures = [...TOOLS, ...TALKING_TOOLS];
  let server: Awaited<ReturnType<typeof startFixtures>>;
  beforeAll(async () => {
    server = await startFixtures(world, fixtures, addFeatures);
  });
  afterAll(async () => {
    await server.close();
    world.remove();
  });

  test.each(REVISIONS)("comes to what is expected in every scenario of %s", async (revision) => {
    const { shipped, tools, features } = PASSING[revision];
    const clean = [...shipped, ...tools, ...features].map((scenario) => [scenario, []] as const);
    const open = OPEN[revision].map(({ scenario, checks }) => [scenario, checks] as const);
    expect(await runSuite(server.url, revision)).toEqual(Object.fromEntries([...clean, ...open]));
  });

  test("has every call of the suite on record, because there is no way past the gate", async () => {
    const { stdout } = await world.run(["audit", "query", "--json", "--limit", "10000"]);
    const records = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { tool?: string });
    const recorded = new Set(records.map(({ tool }) => tool));
    // The one is only listed; the other is asked about and never answered, so it has a question on record and no call.
    const unrun = ["json_schema_2020_12_tool", "test_streaming_elicitation"];
    const names = fixtures.map(({ name }) => name);
    expect(names.filter((name) => !recorded.has(name))).toEqual(unrun);
  });

  test("had no trouble but requests that it was right to reject", () => {
    expect(
      server.trouble.filter((message) => !/^(Error: Rejected inbound request|ProtocolError: Unsupported protocol version)/.test(message)),
    ).toEqual([]);
  });
});
