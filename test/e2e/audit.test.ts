/** The audit of a running server: its commands beside it, stores that fail or are wrong, and the end of a connection in the middle of a call. */
import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connect } from "./clients.ts";
import type { Connected } from "./clients.ts";
import { createWorld, ENTRY } from "./world.ts";
import type { World } from "./world.ts";

const SOON = { timeout: 20_000, interval: 20 };
const READ = { path: "a.txt" };

let world: World;
let open: Connected[];
beforeEach(() => {
  world = createWorld();
  world.put("a.txt", "before\n");
  writeFileSync(policyFile(), "version: 1\nextends: [local]\napprovals: { mode: auto-approve }\n", { mode: 0o600 });
  open = [];
});
afterEach(async () => {
  for (const client of open) await client.close();
  world.remove();
});

const policyFile = () => join(world.root, "policy.yaml");
const logFile = () => join(world.root, "log");
const log = () => readFileSync(logFile(), "utf8");
const database = () => join(world.state, "portcullis.db");

async function start(options: { before?: readonly string[]; args?: readonly string[] } = {}): Promise<Connected> {
  const args = ["--policy", policyFile(), "--log-file", logFile(), ...(options.args ?? [])];
  const client = await connect("v2 SDK, 2026-07-28", world, { ...options, args });
  open.push(client);
  return client;
}

interface Line {
  readonly kind: string;
  readonly callId?: string;
  readonly event?: string;
  readonly status?: string;
  readonly tool?: string;
  readonly summary?: string;
}

function lines(stdout: string): Line[] {
  return stdout.split("\n").flatMap((line) => (line === "" ? [] : (JSON.parse(line) as Line)));
}

const records = async () => lines((await world.run(["audit", "query", "--json", "--limit", "1000"])).stdout);
const verify = async (...more: string[]) => {
  const { code, stdout } = await world.run(["audit", "verify", "--json", ...more]);
  return { code, ...(JSON.parse(stdout) as { ok: boolean; firstBad?: number; problem?: string }) };
};

describe("beside a running server", () => {
  test("a call is erased, the log is backed up, sealed, held against a kept checkpoint and pruned, and the server goes on", async () => {
    const client = await start();
    const { call } = await client.call("read_text_file", READ);
    await client.call("write_file", { path: "b.txt", content: "b\n" });
    expect(await world.run(["audit", "erase", call.callId, "--json"])).toMatchObject({
      code: 0,
      stdout: `${JSON.stringify({ callId: call.callId, erased: 1 })}\n`,
    });
    const summaries = async () => (await records()).flatMap(({ kind, summary }) => (kind === "intent" ? [summary ?? null] : []));
    expect(await summaries()).toEqual([null, expect.stringContaining("b.txt")]);
    expect(await world.run(["audit", "erase", "call_none"])).toMatchObject({ code: 2, stderr: expect.stringContaining("audit query") });

    const kept = join(world.root, "kept.txt");
    const { code, stdout } = await world.run(["audit", "checkpoint"]);
    writeFileSync(kept, stdout);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^portcullis\/audit\/[0-9a-f]{16}\n\d+\n/) });
    await client.call("read_text_file", READ);
    expect(await verify("--checkpoint", kept)).toMatchObject({ code: 0, ok: true });
    writeFileSync(
      kept,
      stdout.replace(/\n(\d+)\n/, (_, size: string) => `\n${Number(size) - 1}\n`),
    );
    expect(await verify("--checkpoint", kept)).toMatchObject({ code: 1, ok: false });

    const backup = await world.run(["audit", "backup", "--json"]);
    expect(backup.code).toBe(0);
    expect(readdirSync(join(world.state, "backups"))).toEqual([basename((JSON.parse(backup.stdout) as { file: string }).file)]);

    const pruned = await world.run(["audit", "prune", "--older-than", "0s", "--json"]);
    expect(pruned).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\{"removed":[1-9]\d*\}\n$/) });
    expect((await client.call("read_text_file", READ)).isError).toBe(false);
    expect(await verify()).toMatchObject({ code: 0, ok: true });
    await client.close();
    expect((await records()).filter(({ status }) => status === "unknown")).toEqual([]);
    expect(await verify()).toMatchObject({ code: 0, ok: true });
  });

  test("an anchor elsewhere, named in the config file, has every checkpoint and finds a whole state directory that was put back", async () => {
    const config = join(world.root, "config.yaml");
    const anchor = join(world.root, "far", "anchor");
    mkdirSync(join(world.root, "far"));
    writeFileSync(config, "log: { anchor: far/anchor }\n", { mode: 0o600 });
    const session = async () => {
      const client = await start({ args: ["--config", config] });
      await client.call("read_text_file", READ);
      await world.run(["audit", "checkpoint", "--config", config]);
      await client.close();
    };
    await session();
    const older = join(world.root, "older");
    cpSync(world.state, older, { recursive: true });
    expect(readFileSync(anchor, "utf8")).toBe(readFileSync(join(world.state, "audit.anchor"), "utf8"));
    await session();
    expect(readFileSync(anchor, "utf8")).toBe(readFileSync(join(world.state, "audit.anchor"), "utf8"));
    expect(await verify("--config", config)).toMatchObject({ code: 0, ok: true });
    rmSync(world.state, { recursive: true });
    cpSync(older, world.state, { recursive: true });
    expect(await verify()).toMatchObject({ code: 0, ok: true });
    expect(await verify("--config", config)).toMatchObject({ code: 1, ok: false });
    expect(await world.run(["serve", "--config", config])).toMatchObject({
      code: 3,
      stdout: "",
      stderr: expect.stringContaining("swapped for an older copy"),
    });
  });

  test("what is older than the policy keeps goes at the start of a server, and not before", async () => {
    const clock = join(world.root, "clock");
    writeFileSync(clock, String(-100 * 86_400_000));
    Object.assign(world.env, { CLOCK_FILE: clock, NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, "clock.js")).href}` });
    const old = await start();
    await old.call("write_file", { path: "old.txt", content: "x" });
    await old.close();
    writeFileSync(clock, "0");
    const retain = (age: string) => {
      const mode = "approvals: { mode: auto-approve }";
      writeFileSync(policyFile(), `version: 1\nextends: [local]\n${mode}\naudit: { retain: ${age} }\n`, { mode: 0o600 });
    };
    const writes = async () => (await records()).filter(({ kind, tool }) => kind === "intent" && tool === "write_file").length;
    retain("200d");
    const keeping = await start();
    await keeping.call("read_text_file", READ);
    expect(await writes()).toBe(1);
    await keeping.close();
    retain("90d");
    await start();
    await expect.poll(writes, SOON).toBe(0);
    expect((await records()).map(({ event }) => event)).toContain("pruned");
    await expect.poll(log, SOON).toContain("were removed");
    expect(await verify()).toMatchObject({ code: 0, ok: true });
  });
});

/** Sends lines to a server, and ends it as `end` says when it is in the middle of the last one. Gives exit code and milliseconds until it was gone. */
async function endInTheMiddle(
  messages: readonly object[],
  busy: (pid: number, out: string) => boolean | Promise<boolean>,
  end: "stdin" | "SIGTERM",
) {
  const child = spawn(
    process.execPath,
    [ENTRY, "serve", "--workspace", world.workspace, "--state", world.state, "--policy", policyFile()],
    {
      env: world.env,
      stdio: ["pipe", "pipe", "ignore"],
    },
  );
  const exited = new Promise<number | null>((resolve) => child.on("exit", resolve));
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  for (const message of messages) child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  await expect.poll(() => busy(child.pid ?? 0, out), SOON).toBe(true);
  const from = performance.now();
  if (end === "stdin") child.stdin.end();
  else child.kill("SIGTERM");
  const code = await exited;
  return { code, inTime: performance.now() - from < 2_000 };
}

const initialize = (capabilities: object) => ({
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities, clientInfo: { name: "t", version: "1" } },
});
const toolCall = (name: string, args: object) => ({ id: 1, method: "tools/call", params: { name, arguments: args } });
const hasIntent = async () => existsSync(database()) && (await records()).some(({ kind }) => kind === "intent");

/** Processes that a process has started and that still run. */
function childrenOf(pid: number): string[] {
  const tasks = readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}/children`);
  return tasks.flatMap((file) => (existsSync(file) ? readFileSync(file, "utf8").split(" ").filter(Boolean) : []));
}

describe("a connection that ends in the middle of a call", () => {
  const outcomes = async () => (await records()).flatMap(({ kind, tool, status }) => (kind === "outcome" ? [[tool, status]] : []));

  test.each(["stdin", "SIGTERM"] as const)("by %s: a search is cancelled, and on record as that", async (end) => {
    const fd = openSync(join(world.workspace, "huge"), "w");
    ftruncateSync(fd, 400 * 1024 ** 3);
    closeSync(fd);
    const search = toolCall("search_content", { path: "huge", pattern: "needle", outputMode: "count" });
    expect(await endInTheMiddle([initialize({}), search], hasIntent, end)).toEqual({ code: 0, inTime: true });
    expect(await outcomes()).toEqual([["search_content", "cancelled"]]);
    expect(await verify()).toMatchObject({ ok: true });
  });

  test("a command that would go on for long is stopped, and on record as cancelled", async () => {
    // As root, commands run as another user, who must get to the workspace.
    chmodSync(world.root, 0o755);
    const command = toolCall("run_command", { argv: ["sleep", "600"] });
    const runs = async (pid: number) => (await hasIntent()) && childrenOf(pid).length > 0;
    expect(await endInTheMiddle([initialize({}), command], runs, "stdin")).toEqual({ code: 0, inTime: true });
    expect(await outcomes()).toEqual([["run_command", "cancelled"]]);
  });

  test("while a person is asked: nothing is done, and the refusal is on record", async () => {
    writeFileSync(policyFile(), "version: 1\nextends: [local]\n", { mode: 0o600 });
    const write = toolCall("write_file", { path: "new.txt", content: "x" });
    expect(
      await endInTheMiddle([initialize({ elicitation: {} }), write], (_pid, out) => out.includes("elicitation/create"), "stdin"),
    ).toEqual({ code: 0, inTime: true });
    expect(await outcomes()).toEqual([["write_file", "refused"]]);
    expect(existsSync(join(world.workspace, "new.txt"))).toBe(false);
  });
});

/** Calls of several kinds; gives the codes they were refused with. */
async function tryAll(client: Connected, round: number): Promise<string[]> {
  const calls = [
    client.call("read_text_file", READ),
    client.call("list_directory", { path: "." }),
    client.call("search_content", { path: ".", pattern: "before" }),
    client.call("write_file", { path: `round-${round}.txt`, content: "x" }),
    client.call("explain_policy", { tool: "read_text_file", args: READ }),
  ];
  return (await Promise.all(calls)).map(({ refusal }) => refusal?.code ?? "done");
}

const REFUSED = Array.from({ length: 5 }, () => "AUDIT_UNAVAILABLE");
const DONE = Array.from({ length: 5 }, () => "done");
const written = () => readdirSync(world.workspace).filter((name) => name.startsWith("round-"));

describe("a store that can't be written", () => {
  test("a full disk: every call is refused, nothing is done without its intent, the log says why, and all is well when there is room again", async () => {
    mkdirSync(world.state);
    // A tiny file system of its own, seen from here through the server's root.
    const mount = `mount -t tmpfs -o size=3m none "$0" && exec "$@"`;
    const client = await start({ before: ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, world.state] });
    const filler = `/proc/${client.pid()}/root${join(world.state, "filler")}`;
    const fill = () => {
      const fd = openSync(filler, "a");
      try {
        for (const size of [65_536, 4_096, 1]) for (;;) if (!writeAll(fd, size)) break;
      } finally {
        closeSync(fd);
      }
    };
    expect(await tryAll(client, 0)).toEqual(DONE);
    // What SQLite has of the disk already is used up first; then the ballast, which makes room for the last words, is taken away too.
    // What a recovery frees is filled up again, until every call of four rounds in a row is refused.
    let round = 0;
    for (let refused = 0; refused < 4; round += 1) {
      fill();
      const codes = await tryAll(client, round);
      refused = codes.includes("done") ? 0 : refused + 1;
      if (refused > 0) expect(codes).toEqual(REFUSED);
    }
    await expect.poll(log, SOON).toContain("the disk that holds the audit is full");
    // One line for each call, also for those of which nothing is on record.
    await expect.poll(() => log().split('"code":"AUDIT_UNAVAILABLE"').length - 1, SOON).toBeGreaterThanOrEqual(15);

    rmSync(filler);
    expect(await tryAll(client, round + 3)).toEqual(DONE);
    const inside = (...args: string[]) => runInside(client, [process.execPath, ENTRY, "audit", ...args, "--json", "--state", world.state]);
    expect(JSON.parse(await inside("verify"))).toMatchObject({ ok: true });
    const found = lines(await inside("query", "--limit", "1000"));
    expect(found.map(({ event }) => event)).toContain("audit_resumed");
    for (const name of written()) expect(found.some(({ kind, summary }) => kind === "intent" && summary?.includes(name))).toBe(true);
  });

  test("a limit on the size of files: the same, and it goes on when the limit is lifted", async () => {
    // SIGXFSZ is ignored, so that writes fail with EFBIG, which SQLite calls an I/O error.
    const client = await start({ before: ["sh", "-c", `trap '' XFSZ; exec "$@"`, "sh"] });
    const limit = (bytes: string) => runHere(["prlimit", "--pid", String(client.pid()), `--fsize=${bytes}:unlimited`]);
    expect(await tryAll(client, 0)).toEqual(DONE);
    await limit("4096");
    expect(await tryAll(client, 1)).toEqual(REFUSED);
    expect(await tryAll(client, 2)).toEqual(REFUSED);
    expect(written()).toEqual(["round-0.txt"]);
    await limit("unlimited");
    expect(await tryAll(client, 3)).toEqual(DONE);
    await expect.poll(log, SOON).toContain("the audit can't be written");
    expect(await verify()).toMatchObject({ code: 0, ok: true });
  });
});

/** Writes one piece; false when there is no room for it. */
function writeAll(fd: number, size: number): boolean {
  try {
    return writeSync(fd, Buffer.alloc(size)) === size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
    throw error;
  }
}

/** Runs a command to its end and gives what it printed. */
function runHere([command = "", ...args]: readonly string[]): Promise<string> {
  const child = spawn(command, args, { env: world.env, stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  return new Promise((resolve, reject) => child.on("close", () => resolve(out)).on("error", reject));
}

/** Runs a command in the name spaces of a server. */
const runInside = (client: Connected, command: readonly string[]) =>
  runHere(["nsenter", "--target", String(client.pid()), "--user", "--preserve-credentials", "--mount", ...command]);

test("a log that can't be written stops no call and does not hold up the end", async () => {
  const child = spawn(
    process.execPath,
    [ENTRY, "serve", "--workspace", world.workspace, "--state", world.state, "--log-file", "/dev/full"],
    { env: world.env, stdio: ["pipe", "pipe", "ignore"] },
  );
  const exited = new Promise<number | null>((resolve) => child.on("exit", resolve));
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  send(initialize({}));
  // More lines than are gathered before one is written.
  for (let id = 1; id <= 60; id += 1) send({ ...toolCall("read_text_file", READ), id });
  await expect.poll(() => out.split("before").length - 1, SOON).toBeGreaterThanOrEqual(60);
  const from = performance.now();
  child.stdin.end();
  try {
    await expect.poll(() => child.exitCode, SOON).toBe(0);
  } finally {
    child.kill("SIGKILL");
  }
  await exited;
  expect(performance.now() - from).toBeLessThan(2_000);
});

describe("a database that is wrong is named at the start or by verify, and stays as it is", () => {
  beforeEach(async () => {
    const client = await start();
    await tryAll(client, 0);
    await client.close();
    expect(await verify()).toMatchObject({ ok: true });
  });

  const change = (work: (bytes: Buffer) => Buffer) => writeFileSync(database(), work(readFileSync(database())));
  const rows: readonly { name: string; spoil: () => void; says: string; firstBad: number }[] = [
    {
      name: "of a newer version",
      spoil: () => new Sqlite(database()).exec("PRAGMA user_version = 999").close(),
      says: "is of version 999 and this portcullis knows",
      firstBad: 1,
    },
    { name: "of another program", spoil: () => change(otherProgram), says: "is a database of another program", firstBad: 1 },
    { name: "cut in the middle of a page", spoil: () => change((bytes) => bytes.subarray(0, 5_000)), says: "is damaged", firstBad: 1 },
    { name: "emptied", spoil: () => change(() => Buffer.alloc(0)), says: "swapped for an older copy", firstBad: 1 },
    { name: "gone", spoil: () => rmSync(database()), says: "swapped for an older copy", firstBad: 1 },
  ];
  test.each(rows)("$name", async ({ spoil, says, firstBad }) => {
    spoil();
    const before = existsSync(database()) ? readFileSync(database()) : undefined;
    expect(await world.run(["serve"])).toEqual({
      code: 3,
      stdout: "",
      stderr: expect.stringMatching(new RegExp(`^portcullis: .*${says}.*: .+\n$`)),
    });
    if (before && before.length > 0) expect(readFileSync(database()).equals(before)).toBe(true);
    expect(await verify()).toMatchObject({ code: 1, ok: false, firstBad });
    if (before && before.length > 0) expect(readFileSync(database()).equals(before)).toBe(true);
  });

  test("with one bit of a record turned over: verify names the record", async () => {
    change((bytes) => {
      const place = bytes.indexOf('"tool":"list_directory"');
      bytes.writeUInt8(bytes.readUInt8(place + 10) ^ 1, place + 10);
      return bytes;
    });
    const before = readFileSync(database());
    expect(await verify()).toMatchObject({
      code: 1,
      ok: false,
      problem: expect.stringContaining("were changed"),
      firstBad: expect.any(Number),
    });
    expect(readFileSync(database()).equals(before)).toBe(true);
  });

  test("that is an older copy of itself", async () => {
    const older = readFileSync(database());
    const client = await start();
    await tryAll(client, 1);
    await client.close();
    writeFileSync(database(), older);
    expect(await world.run(["serve"])).toMatchObject({ code: 3, stdout: "", stderr: expect.stringContaining("swapped for an older copy") });
    expect(readFileSync(database()).equals(older)).toBe(true);
    expect(await verify()).toMatchObject({ code: 1, ok: false });
  });

  test("that another program holds", async () => {
    const other = new Sqlite(database());
    other.exec("BEGIN IMMEDIATE");
    try {
      expect(await world.run(["serve"])).toMatchObject({
        code: 3,
        stdout: "",
        stderr: expect.stringContaining("locked by another process"),
      });
    } finally {
      other.close();
    }
    expect(await world.run(["serve"])).toMatchObject({ code: 0 });
  });

  test("on a file system that can only be read", async () => {
    const mount = `mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"`;
    const serve = [process.execPath, ENTRY, "serve", "--workspace", world.workspace, "--state", world.state];
    const child = spawn("unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", mount, world.state, ...serve], { env: world.env });
    let err = "";
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    child.stdin.end();
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(3);
    expect(err).toContain("the audit can't be opened for writing");
    expect(await verify()).toMatchObject({ code: 0, ok: true });
  });
});

/** The same file as SQLite keeps it, under another application id (byte 68 of the header, https://sqlite.org/fileformat.html). */
function otherProgram(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(0x12345678, 68);
  return bytes;
}
