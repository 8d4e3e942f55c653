import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLIENTS, approveOnce, connect } from "./clients.ts";
import type { Person } from "./clients.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = createWorld();
  world.put("README.md", "# Title\n\nhello world\n");
  world.put("src/app.ts", "export const answer = 41;\n");
  world.put(".env", "SECRET=1\n");
});
afterEach(() => world.remove());

const fileIn = (path: string) => readFileSync(join(world.workspace, path), "utf8");

test("all clients, of both eras, get the same tools and the same results", async () => {
  const seen = [];
  for (const kind of CLIENTS) {
    const client = await connect(kind, world);
    try {
      const tools = await client.tools();
      expect(JSON.stringify({ tools }).length).toBeLessThan(20_000);
      const results = [];
      for (const [name, args] of [
        ["read_text_file", { path: "README.md" }],
        ["read_text_file", { path: "src/app.ts", head: 1 }],
        ["read_multiple_files", { paths: ["README.md", ".env", "nowhere"] }],
        ["list_directory", { path: "." }],
        ["directory_tree", { path: "." }],
        ["search_files", { path: ".", pattern: "**/*.ts" }],
        ["search_content", { path: ".", pattern: "answer" }],
        ["list_allowed_directories", {}],
        ["read_text_file", { path: ".env" }],
        ["read_text_file", { path: "../outside" }],
        ["read_text_file", { path: 7 }],
        ["explain_policy", { tool: "write_file", args: { path: "x", content: "" } }],
      ] as const) {
        const { call, refusal, ...rest } = await client.call(name, args);
        results.push({ ...rest, effect: call.effect, rules: call.rules, refusal: refusal && { ...refusal, callId: "" } });
      }
      seen.push({
        tools: tools.map(({ name, title, description, inputSchema, annotations, _meta }) => ({
          name,
          title,
          description,
          inputSchema,
          annotations,
          _meta,
        })),
        results,
      });
    } finally {
      await client.close();
    }
  }
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[2]).toEqual(seen[0]);
});

test("every tool has a name that all clients accept, a title, a description, all four hints and a risk", async () => {
  const client = await connect("v1 SDK", world);
  try {
    const tools = await client.tools();
    expect(tools.length).toBeGreaterThan(16);
    for (const tool of tools) {
      expect(tool).toMatchObject({
        name: expect.stringMatching(/^[a-zA-Z0-9_-]{1,64}$/),
        title: expect.any(String),
        description: expect.any(String),
        inputSchema: { type: "object" },
        annotations: {
          readOnlyHint: expect.any(Boolean),
          destructiveHint: expect.any(Boolean),
          idempotentHint: expect.any(Boolean),
          openWorldHint: expect.any(Boolean),
        },
        _meta: { "io.portcullis/risk": expect.stringMatching(/^(low|medium|high)$/) },
      });
      // An empty schema says no more than `true`, and the Inspector warns of it.
      expect(JSON.stringify(tool.inputSchema)).not.toContain(`"additionalProperties":{}`);
    }
  } finally {
    await client.close();
  }
});

describe.each(CLIENTS)("approvals through %s", (kind) => {
  async function withPerson<T>(person: Person | undefined, use: (client: Awaited<ReturnType<typeof connect>>) => Promise<T>): Promise<T> {
    const client = await connect(kind, world, person ? { person } : {});
    try {
      return await use(client);
    } finally {
      await client.close();
    }
  }

  const write = { path: "README.md", content: "# New\n" };

  test("a write asks with the exact diff and is done after a yes", async () => {
    const asked: string[] = [];
    const person: Person = (message) => {
      asked.push(message);
      expect(fileIn("README.md")).toContain("hello world");
      return { action: "accept", content: { decision: "approve_once" } };
    };
    const result = await withPerson(person, (client) => client.call("write_file", write));
    expect(result).toMatchObject({
      isError: false,
      call: { effect: "ask" },
      structured: { hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
    });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain("| -# Title\n| -\n| -hello world\n| +# New");
    expect(fileIn("README.md")).toBe("# New\n");
  });

  test.each<[string, Awaited<ReturnType<Person>>]>([
    ["declines", { action: "decline" }],
    ["cancels", { action: "cancel" }],
    ["denies in the form", { action: "accept", content: { decision: "deny", note: "not now" } }],
    ["accepts an empty form", { action: "accept", content: {} }],
    ["accepts with the wrong field", { action: "accept", content: { approve: "yes" } }],
    ["accepts with an unknown decision", { action: "accept", content: { decision: "yes" } }],
  ])("nothing is done when the person %s", async (_name, answer) => {
    const result = await withPerson(
      () => answer,
      (client) => client.call("write_file", write).catch((error: unknown) => error as Error),
    );
    if (!(result instanceof Error)) expect(result.refusal?.code).toBe("APPROVAL_DECLINED");
    expect(fileIn("README.md")).toContain("hello world");
  });

  test("a yes is void when the file changed between question and answer", async () => {
    const person: Person = () => {
      writeFileSync(join(world.workspace, "README.md"), "changed by somebody else\n");
      return { action: "accept", content: { decision: "approve_once" } };
    };
    const result = await withPerson(person, (client) => client.call("write_file", write));
    expect(result.refusal?.code).toBe("STALE_APPROVAL");
    expect(fileIn("README.md")).toBe("changed by somebody else\n");
  });

  test("approve_session covers the same file without another question", async () => {
    let asked = 0;
    const person: Person = () => {
      asked += 1;
      return { action: "accept", content: { decision: "approve_session" } };
    };
    await withPerson(person, async (client) => {
      await client.call("write_file", write);
      await client.call("write_file", { ...write, content: "# Newer\n" });
      expect(asked).toBe(1);
      await client.call("write_file", { ...write, path: "other.md" });
      expect(asked).toBe(2);
    });
    expect(fileIn("README.md")).toBe("# Newer\n");
  });

  test("without a person it is parked, and approvals approve lets the identical call through once", async () => {
    await withPerson(undefined, async (client) => {
      const first = await client.call("write_file", write);
      const id = first.refusal?.approval?.id ?? "";
      expect(first.refusal).toMatchObject({
        code: "APPROVAL_REQUIRED",
        approval: { id: expect.stringMatching(/^apr_/), expiresAt: expect.any(String) },
      });
      expect(first.refusal?.remedy).toContain(`approvals approve ${id} --state ${world.state}`);
      const key = (await world.run(["keys", "create", "--name", "boss", "--role", "approver"])).stdout.trim();
      expect((await world.run(["approvals", "show", id])).stdout).toContain("| +# New");
      expect(await world.run(["approvals", "approve", id])).toMatchObject({ code: 1, stderr: expect.stringContaining("--key") });
      expect(await world.run(["approvals", "approve", id, "--key", "pc_wrong"])).toMatchObject({ code: 1 });
      expect(await world.run(["approvals", "approve", id, "--key", key])).toMatchObject({ code: 0 });
      expect(await client.call("write_file", write)).toMatchObject({ isError: false });
      expect((await client.call("write_file", write)).refusal?.code).toBe("APPROVAL_REQUIRED");
    });
    expect(fileIn("README.md")).toBe("# New\n");
  });

  test("claims of approval in arguments mean nothing", async () => {
    const result = await withPerson(undefined, (client) => client.call("write_file", { ...write, approved: true }));
    expect(result.refusal?.code).toBe("INVALID_INPUT");
  });

  test("dry run shows the diff, asks nobody and changes nothing", async () => {
    const result = await withPerson(undefined, (client) => client.call("write_file", { ...write, dryRun: true }));
    expect(result).toMatchObject({ isError: false, text: expect.stringContaining("+# New") });
    expect(fileIn("README.md")).toContain("hello world");
  });

  test("the record names the channel that answered", async () => {
    await withPerson(approveOnce, (client) => client.call("write_file", write));
    const lines = (await world.run(["audit", "query", "--json"])).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.find((line) => line.kind === "outcome")).toMatchObject({
      status: "done",
      channel: "elicitation",
      effect: "ask",
      tool: "write_file",
    });
    expect(JSON.parse((await world.run(["audit", "verify", "--json"])).stdout)).toMatchObject({ ok: true });
  });
});
