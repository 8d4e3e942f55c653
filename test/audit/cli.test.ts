import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { Command } from "commander";
import { beforeEach, describe, expect, test } from "vitest";
import { auditFiles } from "../../src/audit/state.ts";
import { auditCommands, rotateAuditCommand } from "../../src/cli/audit.ts";
import { replayCommand, type ReplayDeps } from "../../src/cli/replay.ts";
import { makeIntent, makeState, startAudit } from "./state.ts";

const NOON = Date.UTC(2026, 10, 20, 12);

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line as `portcullis` would. */
async function portcullis(...args: readonly string[]): Promise<Ran> {
  const ran = { code: -1, out: "", err: "" };
  const deps: ReplayDeps = {
    placeOf: ({ state }) => Promise.resolve({ directory: state ?? "/nowhere" }),
    now: () => NOON + 60_000,
    random: randomBytes,
    out: (text) => void (ran.out += text),
    err: (text) => void (ran.err += text),
    progress: false,
    exit: (code) => (ran.code = code),
    loadDecider: (file) =>
      Promise.resolve(() => (file === "looser.yaml" ? { effect: "allow", rules: ["open"] } : { effect: "deny", rules: ["closed"] })),
  };
  const program = new Command("portcullis")
    .exitOverride()
    .configureOutput({ writeOut: (text) => void (ran.out += text), writeErr: (text) => void (ran.err += text) });
  auditCommands(program, deps);
  rotateAuditCommand(program.command("keys"), deps);
  replayCommand(program.command("policy"), deps);
  // Subcommands take the settings of their parent only when they are made after them.
  const settle = (command: Command): void => {
    for (const child of command.commands) settle(child.copyInheritedSettings(command));
  };
  settle(program);
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof Error && "exitCode" in error)) throw error;
    ran.code = Number(error.exitCode);
  }
  return ran;
}

let state: string;

beforeEach(async () => {
  state = makeState();
  let time = NOON;
  const audit = startAudit(state, { now: () => time });
  for (const [callId, effect, tool] of [
    ["c1", "allow", "read_text_file"],
    ["c2", "ask", "write_file"],
    ["c3", "deny", "fetch"],
  ] as const) {
    await audit.intent(makeIntent(callId, { effect, tool, summary: `${tool} \u001b[31m${callId}` }));
    await audit.outcome({ callId, status: effect === "deny" ? "refused" : "done", durationMs: 3 });
    time += 1_000;
  }
  audit.close();
});

const run = (...args: readonly string[]) => portcullis(...args, "--state", state);

describe("audit verify", () => {
  test("says ok and exits 0, for people and for programs", async () => {
    expect(await run("audit", "verify")).toEqual({ code: 0, out: "ok: 8 records, 1 checkpoints\n", err: "" });
    expect(await run("audit", "verify", "--json")).toEqual({
      code: 0,
      out: `{"ok":true,"records":8,"checkpoints":1,"notices":[]}\n`,
      err: "",
    });
  });

  test("names the first bad record and exits 1", async () => {
    new Sqlite(auditFiles(state).database).exec("UPDATE record SET body = replace(body, 'c2', 'c9') WHERE seq = 4").close();
    const problem = "its bytes or its place in the log were changed";
    expect(await run("audit", "verify")).toEqual({
      code: 1,
      out: `not ok: record 4: ${problem}\n3 records, 0 checkpoints hold\n`,
      err: "",
    });
    const { code, out } = await run("audit", "verify", "--json");
    expect({ code, out: JSON.parse(out) as unknown }).toEqual({
      code: 1,
      out: { ok: false, records: 3, firstBad: 4, problem, checkpoints: 0, notices: [] },
    });
  });

  test("holds the log against what `audit checkpoint` printed, and so finds a truncation", async () => {
    const kept = join(state, "kept.txt");
    writeFileSync(kept, (await run("audit", "checkpoint")).out);
    expect(await run("audit", "verify", "--checkpoint", kept)).toMatchObject({ code: 0 });
    rmSync(auditFiles(state).anchor);
    new Sqlite(auditFiles(state).database)
      .exec("DELETE FROM entry WHERE seq > 5; DELETE FROM record WHERE seq > 5; DELETE FROM open_intent")
      .close();
    expect(await run("audit", "verify")).toMatchObject({ code: 0 });
    expect(await run("audit", "verify", "--checkpoint", kept)).toMatchObject({
      code: 1,
      out: expect.stringContaining("record 6: a kept checkpoint knows 7 records"),
    });
  });

  test.each([
    {
      name: "a checkpoint file that is missing",
      args: ["--checkpoint", "/no/such/file"],
      err: "portcullis: there is no checkpoint in /no/such/file: give a file that `portcullis audit checkpoint` printed\n",
    },
    {
      name: "a start that is no number",
      args: ["--since", "soon"],
      err: "portcullis: `soon` is not a count for --since: write a whole number: --since 100\n",
    },
  ])("$name is wrong use, exit 2", async ({ args, err }) => {
    expect(await run("audit", "verify", ...args)).toEqual({ code: 2, out: "", err });
  });

  test("without a database says so, exits 3 and makes none", async () => {
    const empty = makeState();
    const { code, err } = await portcullis("audit", "verify", "--state", empty);
    expect({ code, err }).toEqual({
      code: 3,
      err: `portcullis: there is no database at ${auditFiles(empty).database}: start the server once, or name the right --state\n`,
    });
    expect(existsSync(auditFiles(empty).database)).toBe(false);
  });
});

describe("audit query", () => {
  test("prints one record a line with the fields of the contract, newest last", async () => {
    const { code, out } = await run("audit", "query", "--json", "--tool", "fetch");
    const line = {
      callId: "c3",
      session: "s1",
      principal: "local",
      tool: "fetch",
      effect: "deny",
      rules: ["default/by-risk"],
      argsDigest: "hmac-sha256:00",
      summary: "fetch \u001b[31mc3",
    };
    expect({
      code,
      lines: out
        .trim()
        .split("\n")
        .map((text) => JSON.parse(text) as unknown),
    }).toEqual({
      code: 0,
      lines: [
        { seq: 6, time: "2026-11-20T12:00:02.000Z", kind: "intent", ...line, status: null, durationMs: null },
        { seq: 7, time: "2026-11-20T12:00:02.000Z", kind: "outcome", ...line, status: "refused", durationMs: 3 },
      ],
    });
  });

  test.each<[string, readonly string[]]>([
    ["fet*", ["c3", "c3"]],
    ["(fetch|read_text_file)", ["c1", "c1", "c3", "c3"]],
    ["server/*", []],
  ])("takes a glob for --tool as a rule does: %s", async (glob, calls) => {
    const { out } = await run("audit", "query", "--json", "--tool", glob);
    const lines = out.split("\n").filter((text) => text !== "");
    expect(lines.map((text) => (JSON.parse(text) as { callId: string }).callId)).toEqual(calls);
  });

  test("refuses a glob for --tool that can't be read", async () => {
    expect(await run("audit", "query", "--tool", "(fetch")).toEqual({
      code: 2,
      out: "",
      err: "portcullis: --tool: the pattern `(fetch` never closes its bracket - add `)` or write `\\(`: name a tool, or a glob such as 'github/*'\n",
    });
  });

  test("never lets a summary steer the terminal", async () => {
    const { out } = await run("audit", "query", "--limit", "2");
    expect(out).toBe(
      '7  2026-11-20T12:00:02.000Z  outcome  c3  fetch  deny  default/by-risk  refused  "fetch \\u{1b}[31mc3"\n8  2026-11-20T12:00:02.000Z  checkpoint\n'.replace(
        "12:00:02.000Z  checkpoint",
        "12:00:03.000Z  checkpoint",
      ),
    );
  });

  test.each([
    {
      name: "a wrong time",
      args: ["--since", "yesterday"],
      err: "portcullis: `yesterday` is not a time: write 2026-11-20, 2026-11-20T08:00:00Z, or how long ago: 30m, 12h, 7d\n",
    },
    {
      name: "a wrong limit",
      args: ["--limit", "-1"],
      err: "portcullis: `-1` is not a count for --limit: write a whole number: --limit 100\n",
    },
    {
      name: "a wrong effect",
      args: ["--effect", "maybe"],
      err: "portcullis: `maybe` is not an effect: use one of allow, ask, dry_run, deny\n",
    },
  ])("$name is wrong use, exit 2", async ({ args, err }) => {
    expect(await run("audit", "query", ...args)).toEqual({ code: 2, out: "", err });
  });

  test("of a damaged log says so in one line and exits 3", async () => {
    new Sqlite(auditFiles(state).database).exec("UPDATE record SET body = 'x' WHERE seq = 5").close();
    expect(await run("audit", "query")).toEqual({
      code: 3,
      out: "",
      err: "portcullis: record 5 of the audit can't be read: run `portcullis audit verify`\n",
    });
    writeFileSync(auditFiles(state).database, "x".repeat(10_000));
    expect(await run("audit", "query")).toMatchObject({
      code: 3,
      err: expect.stringMatching(/^portcullis: the audit database is damaged: .*\n$/u),
    });
  });

  test("finds nothing without complaint", async () => {
    expect(await run("audit", "query", "--session", "s404")).toEqual({ code: 0, out: "", err: "" });
  });
});

describe("the other verbs", () => {
  test("export prints every record with its exact text", async () => {
    const { code, out } = await run("audit", "export");
    const records = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { seq: number; body: string });
    expect([code, records.map(({ seq }) => seq), records.every(({ body }) => body.startsWith('{"kind":'))]).toEqual([
      0,
      [1, 2, 3, 4, 5, 6, 7, 8],
      true,
    ]);
  });

  test("erase takes what a call said, and knows when there is no such call", async () => {
    expect(await run("audit", "erase", "c2", "--json")).toEqual({ code: 0, out: `{"callId":"c2","erased":1}\n`, err: "" });
    expect(await run("audit", "erase", "c9")).toEqual({
      code: 2,
      out: "",
      err: "portcullis: no call `c9` is in the audit: find its id with `portcullis audit query`\n",
    });
    expect(await run("audit", "verify")).toMatchObject({ code: 0 });
  });

  test("prune removes nothing that is young, and wants an age with its unit", async () => {
    expect(await run("audit", "prune", "--json")).toEqual({ code: 0, out: `{"removed":0}\n`, err: "" });
    expect(await run("audit", "prune", "--older-than", "30s")).toEqual({ code: 0, out: "removed 7 records\n", err: "" });
    expect(await run("audit", "prune", "--older-than", "90")).toMatchObject({ code: 2 });
    expect(await run("audit", "verify")).toMatchObject({ code: 0 });
  });

  test("backup prints where it is", async () => {
    const to = join(state, "elsewhere");
    expect(await run("audit", "backup", "--to", to, "--keep", "2")).toEqual({
      code: 0,
      out: `${to}/portcullis-20261120T120100000Z.db.gz\n`,
      err: "",
    });
  });

  test("a backup that can't be written says where and what to do", async () => {
    writeFileSync(join(state, "a-file"), "");
    const to = join(state, "a-file", "below");
    expect(await run("audit", "backup", "--to", to)).toEqual({
      code: 2,
      out: "",
      err: `portcullis: the backup can't be written to ${to} (ENOTDIR): name a directory with room that this user may write to: --to DIR\n`,
    });
  });

  test("keys rotate-audit puts a new key in force; with --lost also when the old one is gone", async () => {
    expect(await run("keys", "rotate-audit")).toMatchObject({ code: 0, err: "" });
    expect(await run("audit", "verify")).toMatchObject({ code: 0 });
    rmSync(auditFiles(state).key);
    expect(await run("keys", "rotate-audit")).toMatchObject({
      code: 3,
      err: expect.stringContaining("portcullis: the audit key is missing: "),
    });
    expect(await run("keys", "rotate-audit", "--lost")).toMatchObject({ code: 0, err: "" });
    expect(await run("audit", "verify")).toMatchObject({ code: 0, out: expect.stringContaining("note: the key was replaced at record") });
  });

  test("a replaced key is named, and nothing is written", async () => {
    const other = makeState();
    startAudit(other).close();
    copyFileSync(auditFiles(other).key, auditFiles(state).key);
    expect(await run("audit", "checkpoint")).toMatchObject({
      code: 3,
      out: "",
      err: expect.stringContaining("portcullis: the audit key is not the one that signs this log: "),
    });
  });

  test("policy replay lists what changes and exits 1 when anything loosens", async () => {
    expect(await run("policy", "replay", "--policy", "stricter.yaml")).toEqual({
      code: 0,
      out: '2  c1  read_text_file  allow -> deny  closed  "read_text_file \\u{1b}[31mc1"\n4  c2  write_file  ask -> deny  closed  "write_file \\u{1b}[31mc2"\n',
      err: "3 calls, 0 looser, 2 stricter, 0 not decidable\n",
    });
    const { code, out, err } = await run("policy", "replay", "--policy", "looser.yaml", "--json", "--since", "2026-11-20T12:00:01Z");
    expect({
      code,
      err,
      lines: out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    }).toEqual({
      code: 1,
      err: "2 calls, 2 looser, 0 stricter, 0 not decidable\n",
      lines: [
        {
          seq: 4,
          callId: "c2",
          tool: "write_file",
          summary: "write_file \u001b[31mc2",
          was: "ask",
          now: "allow",
          rules: ["open"],
          looser: true,
        },
        { seq: 6, callId: "c3", tool: "fetch", summary: "fetch \u001b[31mc3", was: "deny", now: "allow", rules: ["open"], looser: true },
      ],
    });
  });

  test.each(["verify", "query", "export", "checkpoint", "backup", "prune", "erase"])("audit %s --help shows an example", async (verb) => {
    expect(await portcullis("audit", verb, "--help")).toMatchObject({
      code: 0,
      out: expect.stringContaining(`Example:\n  portcullis audit ${verb}`),
    });
  });
});
