/** `npm run demo`: a guarded session, played through a real client against the built server, and printed. */
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const entry = join(import.meta.dirname, "..", "dist", "cli.js");
const root = mkdtempSync(join(tmpdir(), "portcullis-demo-"));
const workspace = join(root, "project");
const state = join(root, "state");
const env = { PATH: process.env.PATH ?? "", HOME: root };

function say(text: string): void {
  console.log(`\n\u001b[1m${text}\u001b[0m`);
}

function show(text: string): void {
  console.log(text.replace(/^/gm, "    ").replaceAll(root, "/tmp/demo"));
}

mkdirSync(join(workspace, "src"), { recursive: true });
writeFileSync(join(workspace, "README.md"), "# Demo\n\nA small project.\n");
writeFileSync(join(workspace, ".env"), "API_KEY=not-for-models\n");
writeFileSync(join(workspace, "src", "greet.js"), 'export function greet(name) {\n  return "Hello " + name;\n}\n');

const client = new Client(
  { name: "demo", version: "1.0.0" },
  { capabilities: { elicitation: {} }, versionNegotiation: { mode: { pin: "2026-07-28" } } },
);
/** What the person at the keyboard does with the next question. */
let person: (message: string) => void = () => undefined;
client.setRequestHandler("elicitation/create", (request) => {
  const message = "message" in request.params ? request.params.message : "";
  show(message);
  person(message);
  say("  -> the person answers: approve_once");
  return { action: "accept", content: { decision: "approve_once" } };
});

async function call(name: string, args: Record<string, unknown>): Promise<void> {
  say(`${name} ${JSON.stringify(args)}`);
  const result = await client.callTool({ name, arguments: args });
  show(result.content.map((block) => ("text" in block && typeof block.text === "string" ? block.text : `(${block.type})`)).join("\n"));
}

try {
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [entry, "serve", "--workspace", workspace, "--state", state],
      env,
      stderr: "ignore",
    }),
  );
  say("1. Reads run.");
  await call("read_text_file", { path: "README.md" });
  await call("search_content", { path: ".", pattern: "greet" });

  say("2. Secrets are denied.");
  await call("read_text_file", { path: ".env" });

  say("3. Writes ask, with the exact diff.");
  await call("edit_file", { path: "src/greet.js", edits: [{ oldText: '"Hello " + name', newText: "`Hello, ${name}!`" }] });
  show(readFileSync(join(workspace, "src", "greet.js"), "utf8"));

  say("4. A yes is for what was shown: here the file changes between question and answer.");
  person = () => writeFileSync(join(workspace, "README.md"), "# Changed by somebody else\n");
  await call("write_file", { path: "README.md", content: "# Demo\n\nWritten by the model.\n" });
  show(`README.md now: ${readFileSync(join(workspace, "README.md"), "utf8")}`);
  await client.close();

  say("5. Everything is on record.");
  const portcullis = (...args: string[]) => execFileSync(process.execPath, [entry, ...args, "--state", state], { env, encoding: "utf8" });
  for (const line of portcullis("audit", "query", "--json").trim().split("\n")) {
    const record = JSON.parse(line) as Record<string, string | number | null | undefined>;
    show(
      [record.seq, record.kind, record.tool, record.effect, record.status, record.channel, record.summary]
        .filter((part) => part !== undefined && part !== null)
        .join("  "),
    );
  }
  show(portcullis("audit", "verify", "--json").trim());
} finally {
  rmSync(root, { recursive: true, force: true });
}
