/**
 * docs/clients.md, "the first five minutes": each client is connected as the page says, its own entry is started as it starts it, and the page has
 * what came of it. `UPDATE_DOCS=1` writes the page anew.
 */
import { chmodSync, chownSync, existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CLIENTS } from "../../src/clients/clients.ts";
import { entriesOf } from "../../src/clients/connect.ts";
import { createWorld } from "../e2e/world.ts";
import type { World } from "../e2e/world.ts";
import { openMadePage } from "./made-parts.ts";
import { openLines } from "./stdio.ts";
import type { LineClient, Opening } from "./stdio.ts";
import { openTranscript } from "./transcript.ts";
import type { Transcript } from "./transcript.ts";

const page = openMadePage(join(import.meta.dirname, "..", "..", "docs", "clients.md"));

let world: World;
let seen: Transcript;
beforeEach(() => {
  world = createWorld();
  world.put("README.md", "# Shop\n\nSells things.\n");
  world.put("src/price.js", "export const price = 3;\n");
  world.put(".env", "STRIPE_KEY=not-for-models\n");
  world.share();
  seen = openTranscript(world);
});
afterEach(() => world.remove());

/** What the client starts: the entry that `connect --write` put into its file. */
async function wordsOf(id: string, file: string): Promise<readonly string[]> {
  const client = CLIENTS.find((one) => one.id === id);
  const [entry] = client ? await entriesOf(client, join(world.root, "home", file)) : [];
  return entry?.words ?? [];
}

async function call(client: LineClient, tool: string, args: object): Promise<Record<string, unknown>> {
  seen.call(tool, args);
  const result = await client.request("tools/call", { name: tool, arguments: args });
  seen.result(result);
  return result;
}

async function toolNames(client: LineClient): Promise<string[]> {
  const { tools } = await client.request("tools/list");
  return (tools as { name: string }[]).map(({ name }) => name);
}

const inside = (file: string) => readFileSync(join(world.workspace, file), "utf8");
const fenced = (text: string) => `\`\`\`text\n${text}\`\`\`\n`;

/** Holds the page against what was just played. */
function expectOnPage(part: string): void {
  const made = fenced(seen.text());
  expect(page.part(part, made)).toBe(made);
}

const OPENINGS = {
  "claude-desktop": {
    protocolVersion: "2025-11-25",
    capabilities: { extensions: { "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=mcp-app"] } } },
    clientInfo: { name: "claude-ai", version: "0.1.0" },
  },
  vscode: {
    protocolVersion: "2025-11-25",
    capabilities: { roots: { listChanged: true }, sampling: {}, elicitation: { form: {}, url: {} } },
    clientInfo: { name: "Visual Studio Code", version: "1.130.0" },
  },
  codex: {
    protocolVersion: "2025-06-18",
    capabilities: { elicitation: { form: {}, url: {} } },
    clientInfo: { name: "codex-mcp-client", version: "0.154.0" },
  },
} as const satisfies Record<string, Opening>;

describe("the first five minutes", () => {
  test("with Claude Desktop, which can't ask and starts servers in the root directory", async () => {
    await seen.shell("portcullis connect claude-desktop --workspace ~/shop --write");
    const words = await wordsOf("claude-desktop", ".config/Claude/claude_desktop_config.json");
    const client = await openLines(words, { cwd: "/", env: seen.env }, OPENINGS["claude-desktop"]);
    expect(client.hello.protocolVersion).toBe("2025-11-25");
    // what is guarded, how to ask, how to read a refusal, and what it means that there are no commands
    for (const word of ["Portcullis guards", "explain_policy", "isError", "approval required", "If run_command isn't listed", "Docker"])
      expect(client.hello.instructions).toContain(word);
    expect(client.hello.instructions.length).toBeLessThanOrEqual(1_200);
    expect(await toolNames(client)).toContain("run_command");

    await call(client, "read_text_file", { path: "README.md" });
    await call(client, "list_directory", { path: "." });
    await call(client, "read_text_file", { path: ".env" });
    const change = { path: "README.md", content: "# Shop\n\nSells good things.\n" };
    const parked = await call(client, "write_file", change);
    const id = (parked["_meta"] as { "io.portcullis/refusal": { approval: { id: string } } })["io.portcullis/refusal"].approval.id;
    expect(inside("README.md")).toContain("Sells things");

    seen.say("\nthe person, in a terminal:\n");
    await seen.shell(`portcullis approvals approve ${id}`, "yes\n");
    await call(client, "write_file", change);
    expect(inside("README.md")).toContain("Sells good things");
    await client.close();
    expectOnPage("claude-desktop");
  });

  test("with VS Code, which shows a form", async () => {
    await seen.shell("portcullis connect vscode --workspace ~/shop --write");
    const words = await wordsOf("vscode", ".config/Code/User/mcp.json");
    const client = await openLines(words, { cwd: world.workspace, env: seen.env }, OPENINGS.vscode, (form) => {
      seen.form("VS Code", form, "approve_once");
      return { action: "accept", content: { decision: "approve_once" } };
    });
    expect(client.hello.protocolVersion).toBe("2025-11-25");
    await call(client, "search_content", { path: ".", pattern: "price" });
    await call(client, "edit_file", { path: "src/price.js", edits: [{ oldText: "price = 3", newText: "price = 4" }] });
    expect(inside("src/price.js")).toBe("export const price = 4;\n");
    await call(client, "run_command", { command: "cat src/price.js | wc -l" });
    await call(client, "write_file", { path: ".vscode/tasks.json", content: "{}" });
    expect(existsSync(join(world.workspace, ".vscode"))).toBe(false);
    await client.close();
    expectOnPage("vscode");
  });

  test("with Claude Code, which speaks 2026-07-28", async () => {
    await seen.shell("portcullis connect claude-code --workspace ~/shop --write");
    const [command = "", ...args] = await wordsOf("claude-code", ".claude.json");
    const client = new Client(
      { name: "claude-code", version: "2.3.0" },
      { capabilities: { elicitation: {} }, versionNegotiation: { mode: { pin: "2026-07-28" } } },
    );
    client.setRequestHandler("elicitation/create", ({ params }) => {
      const { requestedSchema, message } = params as unknown as {
        message: string;
        requestedSchema: { properties: { decision: { enum: string[] } } };
      };
      seen.form("Claude Code", { message, choices: requestedSchema.properties.decision.enum }, "approve_session");
      return { action: "accept", content: { decision: "approve_session" } };
    });
    await client.connect(new StdioClientTransport({ command, args, env: seen.env, cwd: world.workspace, stderr: "ignore" }));
    expect(client.getInstructions()?.length).toBeLessThanOrEqual(1_200);
    const ask = async (name: string, args: Record<string, unknown>) => {
      seen.call(name, args);
      seen.result(await client.callTool({ name, arguments: args }));
    };
    await ask("write_file", { path: "src/price.js", content: "export const price = 5;\n" });
    await ask("write_file", { path: "src/price.js", content: "export const price = 6;\n" });
    expect(inside("src/price.js")).toBe("export const price = 6;\n");
    await ask("read_text_file", { path: "../secret.txt" });
    await client.close();
    expectOnPage("claude-code");
  });

  test("with Codex, whose person says no", async () => {
    await seen.shell("portcullis connect codex --workspace ~/shop --write");
    const words = await wordsOf("codex", ".codex/config.toml");
    const client = await openLines(words, { cwd: world.workspace, env: seen.env }, OPENINGS.codex, (form) => {
      seen.form("Codex", form, "deny");
      return { action: "accept", content: { decision: "deny", note: "not now" } };
    });
    expect(client.hello.protocolVersion).toBe("2025-06-18");
    await call(client, "explain_policy", { tool: "delete_path", args: { path: "src", recursive: true } });
    await call(client, "delete_path", { path: "src", recursive: true });
    expect(inside("src/price.js")).toBe("export const price = 3;\n");
    await call(client, "fetch", { url: "http://169.254.169.254/latest/meta-data/" });
    await client.close();
    seen.say("");
    await seen.shell("portcullis disconnect codex");
    expect(existsSync(join(world.root, "home", ".codex"))).toBe(false);
    expectOnPage("codex");
  });

  test("in a container: an empty environment, the root directory, and another user than the project's", async () => {
    await seen.shell("portcullis connect cursor --workspace ~/shop --docker --write");
    const docker = await wordsOf("cursor", ".cursor/mcp.json");
    seen.say(`\nCursor starts: ${["docker", ...docker.slice(1)].join(" ")}`);
    // No engine here: what Docker would mount is named where it really is.
    const volumes = docker.flatMap((word, index) => (docker[index - 1] === "-v" ? [word.split(":") as [string, string]] : []));
    const place = (word: string) => volumes.find(([, target]) => target === word)?.[0] ?? word;
    const words = [
      process.execPath,
      join(import.meta.dirname, "..", "..", "dist", "cli.js"),
      ...docker.slice(docker.indexOf("serve")).map(place),
    ];
    // Docker would mount the state; here its owner must get to it.
    const other = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const state = place("/state");
    for (const above of [dirname(state), dirname(dirname(state))]) chmodSync(above, 0o755);
    if (other.uid) chownSync(state, other.uid, other.gid);
    const client = await openLines(words, { cwd: "/", env: {}, ...other }, OPENINGS["claude-desktop"]);
    await call(client, "list_allowed_directories", {});
    await call(client, "read_text_file", { path: "src/price.js" });
    await call(client, "read_text_file", { path: ".env" });
    await client.close();
    expectOnPage("docker");
  });
});

describe("the entries", () => {
  test("are those of `connect`, with the file of each system", async () => {
    const rows = CLIENTS.map((client) => {
      const at = (platform: "linux" | "darwin" | "win32", home: string) =>
        `\`${client.files({ platform, env: {}, home, there: () => false }).at(-1)}\``;
      return `| \`${client.id}\` | ${client.title} | ${at("linux", "~")} | ${at("darwin", "~")} | ${at("win32", "%USERPROFILE%")} |\n`;
    });
    const table = `| name | client | Linux | macOS | Windows |\n| --- | --- | --- | --- | --- |\n${rows.join("")}`;
    expect(page.part("files", table)).toBe(table);
  });

  test.each(["cursor", "vscode", "codex", "goose", "opencode"])("of %s", async (id) => {
    await seen.shell(`portcullis connect ${id} --workspace ~/shop`);
    const made = fenced(seen.text().split("\n\n").slice(1).join("\n\n"));
    expect(page.part(`entry-${id}`, made)).toBe(made);
  });

  test("in a container", async () => {
    await seen.shell("portcullis connect cursor --workspace ~/shop --docker");
    const made = fenced(
      seen
        .text()
        .split("\n\n")
        .slice(1)
        .join("\n\n")
        .replace(/"command": ".*docker"/, '"command": "docker"'),
    );
    expect(page.part("entry-docker", made)).toBe(made);
  });

  test("every part of the page is made here", () => {
    const made = ["claude-desktop", "vscode", "claude-code", "codex", "docker", "files", "entry-docker"];
    expect([...page.parts].sort()).toEqual(
      [...made, ...["cursor", "vscode", "codex", "goose", "opencode"].map((id) => `entry-${id}`)].sort(),
    );
  });
});
