/** Secrets in files, names, arguments, command output and a page, and every tool called on them in every way: none may come out anywhere. */
import Sqlite from "better-sqlite3";
import { chmodSync, closeSync, openSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Place } from "../egress/world.ts";
import { serve } from "../egress/world.ts";
import { makeKey, startHttp } from "../http/world.ts";
import { CLIENTS, approveOnce, connect, connectHttp } from "./clients.ts";
import type { Connected, Person } from "./clients.ts";
import { HELD, leaks, makeSecrets } from "./secrets.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

const planted = makeSecrets();
const everything = planted.map(({ kind, shown }) => `${kind}: ${shown}`).join("\n");
const named = planted.filter(({ name }) => name).map(({ shown }) => shown);
const inline = planted.map(({ shown }) => shown).filter((shown) => !shown.includes("\n"));
const kinds = planted.map(({ kind }) => kind);

/** What came with each request as its authorization. */
const sent: (string | undefined)[] = [];
let page: Place;
let world: World;
let errors: string;
beforeAll(async () => {
  page = await serve((request, response) => {
    sent.push(request.headers.authorization);
    const to = new URL(request.url ?? "", "http://x").searchParams.get("to");
    if (to !== null) return void response.writeHead(302, { location: to, "x-token": named[0] }).end(everything);
    response.setHeader("content-type", "text/html").end(`<h1>${named[0]}</h1><a href="/?k=${named[1]}">x</a><pre>${everything}</pre>`);
  });
});
afterAll(() => page.close());
beforeEach(() => {
  world = createWorld();
  errors = join(world.root, "stderr");
  writeFileSync(errors, "");
  Object.assign(world.env, { HELD_VARIABLE: HELD.VARIABLE, PORTCULLIS_LOG_LEVEL: "debug" });
  writeFileSync(join(world.root, "held"), `${HELD.FILE}\n`, { mode: 0o600 });
  for (const name of ["all.txt", "blob.bin", "image.png", "move-me.txt", "copy-me.txt", "edit-me.txt"]) world.put(name, everything);
  world.put("wide.bin", Buffer.from(everything, "utf16le"));
  world.put("config.json", JSON.stringify(Object.fromEntries(planted.map(({ kind, shown }) => [`${kind} token`, shown]))));
  for (const name of named) world.put(`names/${name}/${name}.txt`, "x\n");
  // The user that commands run as has to reach it.
  for (const path of [world.root, world.workspace]) chmodSync(path, 0o755);
});
afterEach(() => world.remove());

/** One way through the gate: what the policy says, and who answers. */
interface Way {
  readonly policy: string;
  readonly person?: Person;
}

const RULES = `
  - { id: host, effect: allow, net: { host: ["127.0.0.1"], port: [PORT] } }
  - { id: no, effect: deny, path: ["forbidden/**"], op: [read, write, list] }`;

const WAYS: Readonly<Record<string, Way>> = {
  "allowed, with a person for what is asked": { policy: "approvals: { mode: auto-approve }", person: approveOnce },
  "asked and approved": { policy: "approvals: { mode: approve-all }", person: approveOnce },
  "asked and approved for the session": {
    policy: "approvals: { mode: approve-all }",
    person: () => ({ action: "accept", content: { decision: "approve_session", note: everything } }),
  },
  "asked and declined with a note": {
    policy: "approvals: { mode: approve-all }",
    person: () => ({ action: "accept", content: { decision: "deny", note: everything } }),
  },
  parked: { policy: "approvals: { mode: approve-all }" },
  "nobody to ask": { policy: "approvals: { mode: approve-all, headless: deny }" },
  planned: { policy: "approvals: { mode: dry-run }" },
  denied: { policy: "default: deny" },
};

function policy({ policy: text }: Way, more = ""): string[] {
  const file = join(world.root, "policy.yaml");
  const secrets = `secrets: { VARIABLE: { from: "env:HELD_VARIABLE" }, FILE: { from: "file:${join(world.root, "held")}", to: ["host:127.0.0.1"] } }`;
  const egress = `egress: { allow: ["127.0.0.1:${page.port}"] }`;
  const rules = text.startsWith("default: deny") ? "" : `rules:${RULES.replace("PORT", String(page.port))}`;
  const profile = text.startsWith("default: deny") ? "" : "extends: [local]\n";
  writeFileSync(file, `version: 1\n${profile}${text}\n${secrets}\n${egress}\n${rules}\n${more}\n`, { mode: 0o600 });
  // Small, so that old logs are looked through too.
  const config = join(world.root, "config.yaml");
  writeFileSync(config, "log: { file: log, rotate: { size: 4KiB, keep: 1000 } }\n");
  return ["--policy", file, "--config", config];
}

/** Every tool, as it works and as it fails. `ID` stands for a process that was started. */
function calls(): [tool: string, args: Record<string, unknown>][] {
  const some = named.slice(0, 3).concat(HELD.VARIABLE, HELD.FILE);
  const local = `http://127.0.0.1:${page.port}`;
  const say = (words: readonly string[]) => ({ argv: ["printf", "%s\\n", ...words] });
  return [
    ...[
      "all.txt",
      "config.json",
      `names/${named[0]}/${named[0]}.txt`,
      `missing/${named[1]}`,
      `forbidden/${named[2]}`,
      `/${named[0]}`,
    ].flatMap((path): [string, Record<string, unknown>][] => [
      ["read_text_file", { path }],
      ["get_file_info", { path }],
    ]),
    ["read_text_file", { path: "all.txt", tail: 8 }],
    ["read_text_file", { path: "all.txt", [named[0] ?? ""]: named[1] }],
    ...["blob.bin", "wide.bin", "image.png", `names/${named[0]}/${named[0]}.txt`].map((path): [string, Record<string, unknown>] => [
      "read_media_file",
      { path },
    ]),
    ["read_multiple_files", { paths: ["all.txt", ...some.map((name) => `missing/${name}`), `forbidden/${named[0]}`] }],
    ["list_directory", { path: "names" }],
    ["list_directory_with_sizes", { path: "names" }],
    ["directory_tree", { path: "." }],
    ["search_files", { path: ".", pattern: "**" }],
    ...inline.map((pattern): [string, Record<string, unknown>] => [
      "search_content",
      { path: ".", pattern, literal: true, contextLines: 2 },
    ]),
    ["search_content", { path: ".", pattern: `(${named[0]}` }],
    ["list_allowed_directories", {}],
    ["explain_policy", { tool: "write_file", args: { path: `new/${named[0]}`, content: everything } }],
    ["explain_policy", { tool: "run_command", args: { command: `echo ${named.join(" ")}`, [named[0] ?? ""]: "x" } }],
    ["explain_policy", { tool: named[0], args: { [named[1] ?? ""]: named[2] } }],
    ["explain_policy", { tool: "fetch", args: { url: `${local}/?q=${named[0]}`, headers: { authorization: named[1] } } }],
    ["edit_file", { path: "edit-me.txt", edits: [{ oldText: named[0], newText: `${named[0]} ${named[1]}` }], dryRun: true }],
    ["edit_file", { path: "edit-me.txt", edits: [{ oldText: named[0], newText: `${named[0]} ${named[1]}` }] }],
    ["edit_file", { path: "edit-me.txt", edits: [{ oldText: `${named[3]}!`, newText: "x" }] }],
    ["write_file", { path: "new.txt", content: everything, dryRun: true }],
    ["write_file", { path: "new.txt", content: everything }],
    ["write_file", { path: "new.txt", content: everything, mode: "create" }],
    ...some.map((name): [string, Record<string, unknown>] => ["write_file", { path: `made-${name}.txt`, content: name }]),
    ["create_directory", { path: `made/${named[0]}` }],
    ["move_file", { source: "move-me.txt", destination: `moved-${named[0]}`, dryRun: true }],
    ["move_file", { source: "move-me.txt", destination: `moved-${named[0]}` }],
    ["copy_file", { source: "copy-me.txt", destination: `copied-${named[1]}` }],
    ["copy_file", { source: `missing-${named[1]}`, destination: "x" }],
    ["delete_path", { path: `names/${named[2]}`, recursive: true, dryRun: true }],
    ["delete_path", { path: `names/${named[2]}`, recursive: true }],
    ["delete_path", { path: `missing/${named[2]}` }],
    ["run_command", { command: "cat all.txt" }],
    ["run_command", { argv: ["cat", `missing-${named[0]}`] }],
    ["run_command", { ...say(inline), dryRun: true }],
    ["run_command", say(inline)],
    ["run_command", { command: `sh -c 'echo ${named[0]} >&2; exit 3'` }],
    ["run_command", { command: `TOKEN=${named[0]} no-such-${named[1]} --key=${named[2]}` }],
    ["run_command", { command: "cat", stdin: everything }],
    ["run_command", { command: `echo '${named[0]}` }],
    ["process_start", say(inline)],
    ["process_start", { command: "cat" }],
    ["process_write", { id: "ID", input: `${everything}\n` }],
    ["process_write", { id: `no-${named[0]}`, input: everything }],
    ["process_read", { id: "ID", waitMs: 500 }],
    ["process_list", {}],
    ["process_stop", { id: "ID" }],
    ["process_stop", { id: `no-${named[0]}` }],
    ["fetch", { url: `${local}/`, max_length: 100_000 }],
    ["fetch", { url: `${local}/?key=${named[0]}`, raw: true, headers: { "X-Api-Key": named[1] } }],
    ["fetch", { url: `${local}/?to=${encodeURIComponent(`/?token=${named[0]}`)}` }],
    ["fetch", { url: `${local}/?to=${encodeURIComponent(`http://${named[0]}.example.org/`)}` }],
    ["fetch", { url: `${local}/`, method: "POST", body: everything, headers: { authorization: `Bearer ${named[0]}` } }],
    ["fetch", { url: `http://user:${named[0]}@127.0.0.1:${page.port}/` }],
    ["fetch", { url: `http://${named[1]}.example.invalid/?k=${named[0]}` }],
    ["fetch", { url: `${local}/`, body: everything, dryRun: true }],
    ["no_such_tool", { token: named[0] }],
  ];
}

/** Makes the calls; gives each answer, or error, as one text. */
async function callAll(client: Connected): Promise<{ readonly name: string; readonly answer: string }[]> {
  let id = "none";
  const answers = [];
  for (const [name, args] of calls()) {
    try {
      const result = await client.call(name, args.id === "ID" ? { ...args, id } : args);
      if (name === "process_start" && typeof result.structured?.id === "string") ({ id } = result.structured as { id: string });
      answers.push({ name, answer: JSON.stringify(result) });
    } catch (error) {
      answers.push({ name, answer: JSON.stringify(error, Object.getOwnPropertyNames(error)) });
    }
  }
  return answers;
}

/** Everything that is kept or written besides the answers, by where it stands. */
async function traces(): Promise<Record<string, string>> {
  const read = (file: string) => readFileSync(file, "latin1");
  const said = async (...args: string[]) => Object.values(await world.run(args)).join("\n");
  const db = new Sqlite(join(world.state, "portcullis.db"), { readonly: true });
  const rows = JSON.stringify(["approvals", "grants"].map((table) => db.prepare(`SELECT * FROM ${table}`).all()));
  db.close();
  return {
    rows,
    log: logs(),
    stderr: read(errors),
    export: await said("audit", "export"),
    query: await said("audit", "query", "--json", "--limit", "100000"),
    table: await said("audit", "query", "--limit", "100000"),
    stats: await said("stats"),
    statsJson: await said("stats", "--json"),
    sessions: await said("sessions", "list", "--json"),
    approvals: await said("approvals", "list", "--json"),
  };
}

/** The log and all that was put aside of it. */
function logs(): string {
  const names = readdirSync(world.root).filter((name) => /^log(\.|$)/.test(name));
  return names.map((name) => readFileSync(join(world.root, name), "latin1")).join("");
}

const leaking = (texts: Readonly<Record<string, string>>): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(texts).flatMap(([where, text]) => (leaks(text, planted).length > 0 ? [[where, leaks(text, planted)]] : [])),
  );

async function start(way: Way, kind: (typeof CLIENTS)[number] = CLIENTS[2], more = ""): Promise<Connected> {
  const stderr = openSync(errors, "a");
  const { person } = way;
  const client = await connect(kind, world, { args: policy(way, more), stderr, ...(person ? { person } : {}) });
  closeSync(stderr);
  return client;
}

/** Answers everything that is parked, alternately yes and no. */
async function answerParked(name: string): Promise<number> {
  const key = (await world.run(["keys", "create", "--name", name, "--role", "approver"])).stdout.trim();
  const lines = (await world.run(["approvals", "list", "--json"])).stdout.trim().split("\n");
  const ids = lines.map((line) => (JSON.parse(line) as { id: string }).id);
  for (const [at, id] of ids.entries()) await world.run(["approvals", at % 4 === 3 ? "deny" : "approve", id, "--key", key]);
  return ids.length;
}

describe.each(Object.entries(WAYS))("%s", (name, way) => {
  test("no planted secret is in an answer, the log, the audit or a row", async () => {
    const client = await start(way);
    let answers;
    try {
      answers = await callAll(client);
      if (name === "parked") {
        expect(await answerParked("first")).toBeGreaterThan(10);
        answers.push(...(await callAll(client)));
        await answerParked("second");
      }
    } finally {
      await client.close();
    }
    const offending = answers.filter(({ answer }) => leaks(answer, planted).length > 0);
    expect(offending.map(({ name: tool, answer }) => [tool, leaks(answer, planted), answer.slice(0, 600)])).toEqual([]);
    expect(readdirSync(world.root).filter((file) => file.startsWith("log.")).length).toBeGreaterThan(1);
    const { stats, ...others } = await traces();
    expect(stats).toContain("read_text_file");
    expect(leaking({ stats, ...others } as Record<string, string>)).toEqual({});
    const state = readdirSync(world.state)
      .filter((file) => file.startsWith("portcullis.db"))
      .map((file) => [file, readFileSync(join(world.state, file), "latin1")]);
    expect(leaking(Object.fromEntries(state) as Record<string, string>)).toEqual({});
  });
});

test("over HTTP no planted secret is in an answer or in what Prometheus reads", async () => {
  // Without the config file the log goes to stderr, where the server says that it listens.
  const server = await startHttp(world, policy({ policy: "approvals: { mode: auto-approve }" }).slice(0, 2));
  try {
    const client = await connectHttp(CLIENTS[2], server.url, { key: await makeKey(world, "caller"), person: approveOnce });
    const answers = await callAll(client);
    await client.close();
    const key = await makeKey(world, "watcher", "--scopes", "metrics");
    const response = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${key}` } });
    const metrics = await response.text();
    expect(metrics).toMatch(/^portcullis_calls_total\{tool="run_command",effect="\w+",status="done"\} \d+$/m);
    expect(leaking({ metrics, ...Object.fromEntries(answers.map(({ name, answer }) => [name, answer])) })).toEqual({});
  } finally {
    await server.stop();
  }
  expect(leaking({ ...(await traces()), log: JSON.stringify(server.log) })).toEqual({});
});

test("every tool is among the calls", async () => {
  const client = await start({ policy: "approvals: { mode: auto-approve }" });
  const listed = (await client.tools()).map(({ name }) => name);
  await client.close();
  const called = new Set(calls().map(([name]) => name));
  expect(listed.filter((name) => !called.has(name))).toEqual([]);
  expect(listed).toContain("run_command");
});

test("control: without sanitizing every secret comes out but those that are held", async () => {
  const client = await start({ policy: "sanitize: off\napprovals: { mode: auto-approve }", person: approveOnce });
  const answers = await callAll(client);
  await client.close();
  const unheld = kinds.filter((kind) => !kind.startsWith("held"));
  const told = (tool?: string) => {
    const text = answers.flatMap(({ name, answer }) => (tool === undefined || name === tool ? [answer] : [])).join("\n");
    return leaks(text, planted);
  };
  expect(told()).toEqual(unheld);
  for (const tool of ["read_text_file", "search_content", "edit_file", "fetch", "run_command", "process_read", "directory_tree"])
    expect(told(tool), tool).toContain("GitHub");
  expect(leaking(await traces())).toEqual({});
});

test.each(CLIENTS)("a crash tells no secret, through %s", async (kind) => {
  const preload = pathToFileURL(join(import.meta.dirname, "crash.js")).href;
  Object.assign(world.env, { NODE_OPTIONS: `--import ${preload}`, CRASH_TEXT: everything });
  const client = await start({ policy: "" }, kind);
  await client.call("read_text_file", { path: "all.txt" });
  process.kill(client.pid() ?? 0, "SIGUSR2");
  await expect.poll(logs).toContain('"msg":"crashed"');
  await client.close();
  expect(logs()).toContain("[REDACTED:github-token#1]");
  world.env["NODE_OPTIONS"] = "";
  expect(leaking(await traces())).toEqual({});
});

test("a secret of the policy is read at use: a new value is sent and hidden without a new start", async () => {
  const client = await start({ policy: "" });
  const shown = async () => (await client.call("read_text_file", { path: "rotated.txt" })).text;
  world.put("rotated.txt", "the-next-value-of-it");
  expect(await shown()).toBe("the-next-value-of-it");
  writeFileSync(join(world.root, "held"), "the-next-value-of-it\n");
  expect(await shown()).toBe("[REDACTED:secret-FILE#1]");
  await client.call("fetch", { url: `http://127.0.0.1:${page.port}/` });
  expect(sent.at(-1)).toBe("Bearer the-next-value-of-it");
  await client.close();
});

test("doctor says which secrets are configured and there, and nothing of their values", async () => {
  const file = join(world.root, "policy.yaml");
  const secrets = {
    HERE: "env:HELD_VARIABLE",
    FILE: `file:${join(world.root, "held")}`,
    ASKED: `command:printf ${named[0]}`,
    GONE: "env:NOT_SET",
    NONE: "file:/no/such/file",
  };
  const lines = Object.entries(secrets).map(([name, from]) => `  ${name}: { from: ${JSON.stringify(from)} }`);
  writeFileSync(file, `version: 1\nextends: [local]\nsecrets:\n${lines.join("\n")}\n`, { mode: 0o600 });
  const { stdout, stderr } = await world.run(["doctor", "--json", "--workspace", world.workspace, "--policy", file]);
  const { checks } = JSON.parse(stdout) as { checks: { id: string }[] };
  expect(checks.find(({ id }) => id === "secrets")).toEqual({
    id: "secrets",
    status: "warn",
    message: "HERE (env): there; FILE (file): there; ASKED (command): asked at use; GONE (env): missing; NONE (file): missing",
    remedy: "Set the variable or write the file that the policy names (secrets.from); calls that need a missing secret are refused.",
  });
  expect(leaks(stdout + stderr, planted)).toEqual([]);
});

test.each<[string, string, boolean]>([
  ["as text", "blob.bin", true],
  ["as UTF-16", "wide.bin", true],
  ["under the name of a picture", "image.png", true],
  ["nowhere (control)", "pixel.png", false],
])("a blob with a secret %s is withheld", async (_where, path, withheld) => {
  const pixel = Buffer.from("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489", "hex");
  world.put("pixel.png", pixel);
  const client = await start({ policy: "" });
  const { refusal, content } = await client.call("read_media_file", { path });
  await client.close();
  if (withheld) expect(refusal).toMatchObject({ code: "DENIED", reason: "the file holds a secret, which can't be hidden in base64" });
  else expect(content).toEqual([{ type: "image", data: pixel.toString("base64"), mimeType: "image/png" }]);
});
