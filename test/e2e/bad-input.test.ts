import { spawn } from "node:child_process";
import {
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "./clients.ts";
import type { Connected } from "./clients.ts";
import { createWorld, ENTRY } from "./world.ts";
import type { World } from "./world.ts";

let world: World;
let client: Connected;
beforeAll(async () => {
  world = createWorld();
  world.put("a.txt", "one\ntwo\nthree\n");
  world.put("many.txt", "x\n".repeat(3));
  world.put("crlf.txt", "one\r\ntwo\r\n");
  world.put("bom.txt", "\ufeffone\n");
  world.put("latin.txt", Buffer.from([0x66, 0xfc, 0x72, 0x0a]));
  world.put("sub/inner.txt", "inner\n");
  world.put("linked.txt", "shared\n");
  linkSync(join(world.workspace, "linked.txt"), join(world.workspace, "other-name.txt"));
  symlinkSync("nowhere", join(world.workspace, "broken"));
  symlinkSync("loop", join(world.workspace, "loop"));
  const big = openSync(join(world.workspace, "big.bin"), "w");
  ftruncateSync(big, 2 * 1024 ** 3);
  closeSync(big);
  const crowd = join(world.workspace, "crowd");
  mkdirSync(crowd);
  for (let i = 0; i < 100_000; i += 1) closeSync(openSync(join(crowd, `f${i}`), "w"));
  const policy = join(world.root, "policy.yaml");
  writeFileSync(policy, "version: 1\nextends: [local]\napprovals: { mode: auto-approve }\n", { mode: 0o600 });
  client = await connect("v2 SDK, 2025-11-25", world, { args: ["--policy", policy] });
});
afterAll(async () => {
  await client.close();
  world.remove();
});

const tree = () => readdirSync(world.workspace, { recursive: true }).length;

describe("a call with bad input is refused with a code and a remedy, and changes nothing", () => {
  test.each<[string, string, Record<string, unknown>, string]>([
    ["a missing argument", "read_text_file", {}, "INVALID_INPUT"],
    ["a wrong type", "read_text_file", { path: 7 }, "INVALID_INPUT"],
    ["an unknown argument", "read_text_file", { path: "a.txt", pth: "b" }, "INVALID_INPUT"],
    ["an argument that is far too long", "read_text_file", { path: "a/".repeat(5000) }, "INVALID_INPUT"],
    ["a path with NUL", "read_text_file", { path: "a.txt\0.png" }, "INVALID_INPUT"],
    ["a path with a newline", "write_file", { path: "a\nb", content: "" }, "INVALID_INPUT"],
    ["an empty path", "read_text_file", { path: "" }, "INVALID_INPUT"],
    ["head and tail at once", "read_text_file", { path: "a.txt", head: 1, tail: 1 }, "INVALID_INPUT"],
    ["head of nothing", "read_text_file", { path: "a.txt", head: 0 }, "INVALID_INPUT"],
    ["a path outside that exists", "read_text_file", { path: "/etc/passwd" }, "DENIED"],
    ["a path outside that doesn't", "read_text_file", { path: "/etc/no-such-file" }, "DENIED"],
    ["a vanished file", "read_text_file", { path: "gone.txt" }, "NOT_FOUND"],
    ["a broken link", "read_text_file", { path: "broken" }, "NOT_FOUND"],
    ["a loop of links", "read_text_file", { path: "loop" }, "INVALID_INPUT"],
    ["a directory as a file", "read_text_file", { path: "sub" }, "INVALID_INPUT"],
    ["a file as a directory", "list_directory", { path: "a.txt" }, "INVALID_INPUT"],
    ["a regular expression that is none", "search_content", { path: ".", pattern: "(" }, "INVALID_INPUT"],
    ["text to replace that isn't there", "edit_file", { path: "a.txt", edits: [{ oldText: "nope", newText: "x" }] }, "INVALID_INPUT"],
    [
      "text to replace that is there three times",
      "edit_file",
      { path: "many.txt", edits: [{ oldText: "x", newText: "y" }] },
      "INVALID_INPUT",
    ],
    ["an edit of bytes that aren't text", "edit_file", { path: "latin.txt", edits: [{ oldText: "r", newText: "x" }] }, "INVALID_INPUT"],
    ["creating what exists", "write_file", { path: "a.txt", content: "", mode: "create" }, "INVALID_INPUT"],
    ["a hash that isn't one", "write_file", { path: "a.txt", content: "", expectedHash: "md5:1" }, "INVALID_INPUT"],
    ["a hash of something else", "write_file", { path: "a.txt", content: "", expectedHash: `sha256:${"0".repeat(64)}` }, "INVALID_INPUT"],
    ["more than the write limit", "write_file", { path: "a.txt", content: "x".repeat(1024 * 1024 + 1) }, "INVALID_INPUT"],
    ["a whole file that is too large to edit", "edit_file", { path: "big.bin", edits: [{ oldText: "x", newText: "y" }] }, "INVALID_INPUT"],
    ["a move onto something", "move_file", { source: "a.txt", destination: "many.txt" }, "INVALID_INPUT"],
    ["a move into itself", "move_file", { source: "sub", destination: "sub/deeper" }, "INVALID_INPUT"],
    ["a move of nothing", "move_file", { source: "gone", destination: "there" }, "NOT_FOUND"],
    ["a delete of a full directory", "delete_path", { path: "sub" }, "INVALID_INPUT"],
    ["a delete of the workspace itself", "delete_path", { path: ".", recursive: true }, "DENIED"],
    ["content that carries our own markers", "write_file", { path: "a.txt", content: "key = [REDACTED:aws#1]\n" }, "INVALID_INPUT"],
    [
      "an edit that carries our own markers",
      "edit_file",
      { path: "a.txt", edits: [{ oldText: "two", newText: "[TRUNCATED 1 of 2 bytes]" }] },
      "INVALID_INPUT",
    ],
    ["an explanation of an unknown tool", "explain_policy", { tool: "nope", args: {} }, "none"],
  ])("%s", async (_name, tool, args, code) => {
    const before = tree();
    const result = await client.call(tool, args);
    if (code === "none") expect(JSON.parse(result.text)).toMatchObject({ effect: "deny", code: "INVALID_INPUT" });
    else {
      expect({ code: result.refusal?.code, text: result.text }).toMatchObject({ code });
      expect(result.refusal?.reason).toMatch(/^[^\n]{5,}$/);
      expect(result.refusal?.remedy).toMatch(/^[^\n]{5,}$/);
      expect(result.isError).toBe(true);
    }
    expect(tree()).toBe(before);
    expect(readFileSync(join(world.workspace, "a.txt"), "utf8")).toBe("one\ntwo\nthree\n");
  });

  test("whether a path outside exists can't be told from the answer", async () => {
    const [there, missing] = await Promise.all(["/etc/passwd", "/etc/no-such-file"].map((path) => client.call("read_text_file", { path })));
    expect({ ...there?.refusal, callId: "" }).toEqual({ ...missing?.refusal, callId: "" });
    expect(there?.text).toBe(missing?.text);
  });

  test("an unknown tool is -32602", async () => {
    await expect(client.call("no_such_tool", {})).rejects.toMatchObject({ code: -32602 });
    await expect(client.call("read_f\u0456le", {})).rejects.toMatchObject({ code: -32602 });
    await expect(client.call("read_text_file\0", {})).rejects.toMatchObject({ code: -32602 });
  });
});

describe("files that are large, many or strange", () => {
  test("2 GiB are cut with a word on how to read on", async () => {
    const result = await client.call("read_text_file", { path: "big.bin" });
    expect(result.call.truncated).toBe(true);
    expect(result.text.slice(-200)).toMatch(/\[TRUNCATED \d+ of 2147483648 bytes\]/);
  });

  test("100,000 names are listed", async () => {
    const result = await client.call("list_directory", { path: "crowd" });
    expect(result.isError).toBe(false);
    expect(result.text.length).toBeGreaterThan(1000);
  });

  test("bytes that aren't text are replaced, and said so", async () => {
    const result = await client.call("read_text_file", { path: "latin.txt" });
    expect(result).toMatchObject({ text: "f\ufffdr\n", call: { flags: ["encoding:replaced-bytes"] } });
  });

  test("line endings, byte order mark, mode and hard links stay", async () => {
    await client.call("edit_file", { path: "crlf.txt", edits: [{ oldText: "one\ntwo", newText: "1\n2" }] });
    expect(readFileSync(join(world.workspace, "crlf.txt"), "utf8")).toBe("1\r\n2\r\n");
    await client.call("edit_file", { path: "bom.txt", edits: [{ oldText: "one", newText: "two" }] });
    expect(readFileSync(join(world.workspace, "bom.txt"), "utf8")).toBe("\ufefftwo\n");
  });

  test("a file with several links is asked about whatever the mode", async () => {
    const result = await client.call("write_file", { path: "linked.txt", content: "changed\n" });
    expect(result.refusal?.code).toBe("APPROVAL_REQUIRED");
    expect(readFileSync(join(world.workspace, "other-name.txt"), "utf8")).toBe("shared\n");
  });

  test("new files are made with their directories", async () => {
    expect(await client.call("write_file", { path: "new/deep/file.txt", content: "x\n" })).toMatchObject({ isError: false });
    rmSync(join(world.workspace, "new"), { recursive: true });
  });
});

describe("starting", () => {
  test.each(["/", "HOME"])("in %s without a workspace ends with 2 and the mend", async (where) => {
    const cwd = where === "HOME" ? (world.env.HOME ?? "") : where;
    const result = await world.run(["serve"], { cwd });
    expect(result).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("--workspace") });
  });

  test.each<[string, string[], string]>([
    ["an unknown flag", ["serve", "--workspce", "x"], "--workspace"],
    ["an unknown command", ["serv"], "serve"],
    ["an unknown profile", ["serve", "--profile", "lokal"], "local, team or ci"],
    ["policy and profile at once", ["serve", "--policy", "p.yaml", "--profile", "ci"], "drop --profile"],
    ["a policy that isn't there", ["serve", "--policy", "nowhere.yaml"], "nowhere.yaml"],
    ["a workspace that isn't there", ["serve", "--workspace", "nowhere"], "is not a directory"],
  ])("with %s ends with 2 and says what to do", async (_name, args, word) => {
    expect(await world.run(args)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(word) });
  });

  test("a malformed line is answered and the next one is served; the end of stdin ends the process cleanly", async () => {
    const child = spawn(process.execPath, [ENTRY, "serve", "--workspace", world.workspace, "--state", world.state], { env: world.env });
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stdin.end(
      'not json\n{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}\n',
    );
    const code = await new Promise((resolve) => child.on("exit", resolve));
    expect(code).toBe(0);
    const answers = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: unknown; error?: { code: number }; result?: unknown });
    expect(answers[0]).toMatchObject({ id: null, error: { code: -32700 } });
    for (const answer of answers) expect(answer).toHaveProperty("jsonrpc", "2.0");
  });
});
