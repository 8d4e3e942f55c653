/** Each check of doctor, made to warn or fail by what it looks at, with the words that a person gets. Machines of another kind are in doctor-machine. */
import { randomBytes } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase } from "../../src/audit/database.ts";
import { EXAMINATIONS } from "../../src/cli/checks/list.ts";
import { makeIntent, recordCalls, startAudit } from "../audit/state.ts";
import { serveDns } from "../egress/dns-server.ts";
import { connect } from "../e2e/clients.ts";
import { createWorld, ENTRY } from "../e2e/world.ts";
import type { World } from "../e2e/world.ts";
import { AS_ROOT, asOrdinaryUser, doctor, IS_ROOT } from "./made-up.ts";
import type { Start } from "./made-up.ts";

let world: World;
beforeEach(() => {
  world = createWorld();
  world.share();
});
afterEach(() => world.remove());

const CLOCK = pathToFileURL(join(import.meta.dirname, "..", "e2e", "clock.js")).href;
const SOON = { timeout: 20_000 };

/** A check that isn't ok: texts that its message and its remedy hold. */
interface Row {
  readonly name: string;
  readonly id: string;
  readonly status: "ok" | "warn" | "fail";
  readonly message: string | RegExp;
  readonly remedy: string | RegExp;
  readonly arrange: (world: World) => Start | Promise<Start>;
}

/** A policy file of the user's, above the profile `local` unless it says otherwise. */
function policy(world: World, text: string, head = "version: 1\nextends: [local]"): Start {
  const file = join(world.root, "policy.yaml");
  writeFileSync(file, `${head}\n${text}\n`, { mode: 0o600 });
  return { args: ["--policy", file] };
}

/** A state directory in which a server has worked. */
async function audited(world: World, options: Parameters<typeof startAudit>[1] = {}): Promise<void> {
  mkdirSync(world.state, { mode: 0o700 });
  const audit = startAudit(world.state, { now: Date.now, ...options });
  await recordCalls(audit, 0, 5);
  audit.close();
}

function inState(world: World, name: string, content: string | Buffer, mode = 0o600): void {
  mkdirSync(world.state, { recursive: true, mode: 0o700 });
  writeFileSync(join(world.state, name), content);
  chmodSync(join(world.state, name), mode);
}

/** A clock that is wrong by so many milliseconds. */
function clock(world: World, milliseconds: number): Start {
  const file = join(world.root, "clock");
  writeFileSync(file, String(milliseconds));
  return { env: { CLOCK_FILE: file, NODE_OPTIONS: `--import ${CLOCK}` } };
}

const rows: Row[] = [
  {
    name: "no home directory: the state and policies have to be named",
    id: "home",
    status: "warn",
    message: "there is no home directory (HOME is not set)",
    remedy: "name the state with --state",
    arrange: () => ({ env: { HOME: "" } }),
  },
  {
    name: "no home directory and no state: what to name",
    id: "config",
    status: "fail",
    message: "there is no home directory to keep state in",
    remedy: "Name one with --state DIR.",
    arrange: () => ({ env: { HOME: "", PORTCULLIS_STATE: "" } }),
  },
  {
    name: "a home directory that isn't there, in which no state can be made",
    id: "state",
    status: "fail",
    message: /^the state directory \/no\/such\/home\/.* can't be made: \/ is not writable$/,
    remedy: "with --state",
    arrange: (world) => ({ env: { HOME: "/no/such/home", PORTCULLIS_STATE: "" }, before: asOrdinaryUser(world) }),
  },
  {
    name: "root",
    id: "user",
    status: "warn",
    message: "the server runs as root",
    remedy: "Start it as an ordinary user",
    arrange: () => ({ before: AS_ROOT }),
  },
  {
    name: "a clock in another century",
    id: "clock",
    status: "warn",
    message: /^the clock says 21\d\d-/,
    remedy: "Set the clock",
    arrange: (world) => clock(world, 100 * 365.25 * 86_400_000),
  },
  {
    name: "a clock that was set back since the newest record",
    id: "clock",
    status: "warn",
    message: /^the clock was set back: the audit has a record of 20\d\d-.*, 3 hours ahead of now$/,
    remedy: "Set the clock",
    arrange: async (world) => {
      await audited(world, { now: () => Date.now() + 3 * 3_600_000 });
      return {};
    },
  },
  {
    name: "a flag that names no profile",
    id: "config",
    status: "fail",
    message: "unknown profile `lokal`",
    remedy: "Use local, team or ci.",
    arrange: () => ({ args: ["--profile", "lokal"] }),
  },
  {
    name: "a config file with a misspelt key: its line",
    id: "config",
    status: "fail",
    message: /config\.yaml:1:1: unknown key "polcy" - did you mean "policy"\?$/,
    remedy: "Correct the flag, the variable or the line that is named.",
    arrange: (world) => {
      writeFileSync(join(world.root, "config.yaml"), "polcy: x\n");
      return { args: ["--config", join(world.root, "config.yaml")] };
    },
  },
  {
    name: "a misspelt variable",
    id: "config",
    status: "warn",
    message: "unknown variable PORTCULLIS_POLCY - did you mean PORTCULLIS_POLICY?",
    remedy: "Rename or unset the variable.",
    arrange: () => ({ env: { PORTCULLIS_POLCY: "x" } }),
  },
  {
    name: "a current directory that is gone",
    id: "config",
    status: "fail",
    message: "the current directory is gone",
    remedy: "Change to one that is there.",
    arrange: () => ({ before: ["sh", "-c", 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', "sh"] }),
  },
  {
    name: "a workspace that isn't there",
    id: "workspace",
    status: "fail",
    message: "/no/such/place is not a directory",
    remedy: "Make it, or name another with --workspace DIR.",
    arrange: () => ({ args: ["/no/such/place"] }),
  },
  {
    name: "a workspace that this user can't enter",
    id: "workspace",
    status: "fail",
    message: "EACCES",
    remedy: "that this user can read",
    arrange: (world) => {
      const before = asOrdinaryUser(world);
      chmodSync(world.workspace, 0o000);
      return { before, cwd: world.root, args: [world.workspace] };
    },
  },
  {
    name: "a workspace that this user can't write",
    id: "workspace",
    status: "warn",
    message: "can't be written by this user: reads, searches and commands work, every change is refused",
    remedy: "If that isn't meant, mount it writable",
    arrange: (world) => {
      const before = asOrdinaryUser(world);
      chmodSync(world.workspace, 0o555);
      return { before, cwd: world.root, args: [world.workspace] };
    },
  },
  {
    name: "a home as workspace",
    id: "workspace",
    status: "warn",
    message: "hands over far more than a project",
    remedy: "Name the project's own directory",
    arrange: (world) => ({ args: [join(world.root, "home")] }),
  },
  {
    name: "a log directory that has vanished",
    id: "log",
    status: "warn",
    message: "the log's directory /no/such/logs isn't there",
    remedy: "mkdir -p /no/such/logs",
    arrange: () => ({ args: ["--log-file", "/no/such/logs/log"] }),
  },
  {
    name: "a log that is a directory",
    id: "log",
    status: "warn",
    message: "is a directory",
    remedy: "with --log-file",
    arrange: (world) => ({ args: ["--log-file", world.workspace] }),
  },
  {
    name: "a log directory that this user can't write",
    id: "log",
    status: "warn",
    message: "can't be written (EACCES)",
    remedy: "Let the server's user write there",
    arrange: (world) => {
      const before = asOrdinaryUser(world);
      mkdirSync(join(world.root, "logs"), { mode: 0o555 });
      return { before, args: ["--log-file", join(world.root, "logs", "log")] };
    },
  },
  {
    name: "a state directory that others could enter, and a key that they could read: mended and said",
    id: "state",
    status: "ok",
    message: /state; the state directory was open to others: its mode is 0700 now; seal\.key was open to others: its mode is 0600 now$/,
    remedy: /^$/,
    arrange: (world) => {
      inState(world, "seal.key", randomBytes(32), 0o644);
      chmodSync(world.state, 0o755);
      return {};
    },
  },
  {
    name: "a state directory of another user",
    id: "state",
    status: "fail",
    message: "belongs to another user",
    remedy: "with --state, or run as its owner",
    arrange: (world) => {
      const before = asOrdinaryUser(world);
      if (IS_ROOT) mkdirSync(world.state, { mode: 0o755 });
      return { before, ...(IS_ROOT ? {} : { args: ["--state", "/usr"] }) };
    },
  },
  {
    name: "a state that is a file",
    id: "state",
    status: "fail",
    message: "can't be made or opened (EEXIST)",
    remedy: "Choose another with --state.",
    arrange: (world) => {
      writeFileSync(world.state, "");
      return {};
    },
  },
  {
    name: "half a seal key",
    id: "keys",
    status: "fail",
    message: /seal\.key holds 16 bytes instead of 32$/,
    remedy: "Restore it, or remove it to start anew.",
    arrange: (world) => {
      inState(world, "seal.key", randomBytes(16));
      return {};
    },
  },
  {
    name: "a digest key that is too long",
    id: "keys",
    status: "fail",
    message: /digest\.key holds 33 bytes instead of 32$/,
    remedy: "Restore it",
    arrange: (world) => {
      inState(world, "digest.key", randomBytes(33));
      return {};
    },
  },
  {
    name: "an audit key that is none",
    id: "keys",
    status: "fail",
    message: "the audit key is not readable",
    remedy: "Restore `audit.key` from a backup",
    arrange: (world) => {
      inState(world, "audit.key", "x");
      return {};
    },
  },
  {
    name: "a log without the key that signs it: the whole command that goes on",
    id: "keys",
    status: "fail",
    message: "audit.key is missing",
    remedy: /cli\.js keys rotate-audit --lost --state \S+\/state$/,
    arrange: async (world) => {
      await audited(world);
      rmSync(join(world.state, "audit.key"));
      return {};
    },
  },
  {
    name: "a database that is none",
    id: "database",
    status: "fail",
    message: "the audit database is damaged",
    remedy: "restore a backup",
    arrange: (world) => {
      inState(world, "portcullis.db", "not a database, whatever it is called ".repeat(40));
      return {};
    },
  },
  {
    name: "a database of a newer version",
    id: "database",
    status: "fail",
    message: /is of version 99 and this portcullis knows \d+$/,
    remedy: "Use the newer portcullis",
    arrange: async (world) => {
      await audited(world);
      const db = new Sqlite(join(world.state, "portcullis.db"));
      db.pragma("user_version = 99");
      db.close();
      return {};
    },
  },
  {
    name: "a record that was changed",
    id: "audit",
    status: "fail",
    message: "the audit does not hold at record 3: its bytes or its place in the log were changed",
    remedy: /cli\.js audit verify --state \S+\/state$/,
    arrange: async (world) => {
      await audited(world);
      const db = openDatabase(join(world.state, "portcullis.db"));
      db.prepare("UPDATE record SET body = replace(body, 'allow', 'deny') WHERE seq = 3").run();
      db.prepare("UPDATE record SET body = body || ' ' WHERE seq = 3").run();
      db.close();
      return {};
    },
  },
  {
    name: "a database in whose place an older copy was put",
    id: "audit",
    status: "fail",
    message: "the log was cut or swapped for an older copy",
    remedy: "keep the state directory as evidence",
    arrange: async (world) => {
      await audited(world);
      const kept = join(world.root, "kept");
      cpSync(world.state, kept, { recursive: true });
      const audit = startAudit(world.state);
      await recordCalls(audit, 5, 5);
      audit.close();
      for (const name of ["portcullis.db", "portcullis.db-wal", "portcullis.db-shm"]) rmSync(join(world.state, name), { force: true });
      cpSync(join(kept, "portcullis.db"), join(world.state, "portcullis.db"));
      return {};
    },
  },
  {
    name: "a call of a server that died",
    id: "audit",
    status: "warn",
    message: "1 calls have no outcome: the server that made them died",
    remedy: /cli\.js audit query --state \S+\/state$/,
    arrange: async (world) => {
      await audited(world);
      const living = join(world.root, "living");
      cpSync(world.state, living, { recursive: true });
      rmSync(world.state, { recursive: true });
      const audit = startAudit(living, { now: Date.now });
      await audit.intent(makeIntent("cut off"));
      // A copy has the files of the server, and no process that holds them.
      cpSync(living, world.state, { recursive: true });
      audit.close();
      return {};
    },
  },
  {
    name: "a policy with a mistake: its line",
    id: "policy",
    status: "fail",
    message: /policy\.yaml:3:1: unknown key "rulse" - did you mean "rules"\?$/,
    remedy: "Correct the lines that are named; see docs/policy.md.",
    arrange: (world) => policy(world, "rulse: []"),
  },
  {
    name: "a policy whose own test fails",
    id: "policy",
    status: "fail",
    message: "the test expects deny, the policy says allow",
    remedy: "Correct the lines that are named",
    arrange: (world) => policy(world, "tests: [{ path: src/a, op: read, expect: deny }]"),
  },
  {
    name: "a policy that others can write",
    id: "policy",
    status: "fail",
    message: "policy.yaml:1:1",
    remedy: "Correct the lines that are named",
    arrange: (world) => {
      const start = policy(world, "");
      chmodSync(join(world.root, "policy.yaml"), 0o666);
      return start;
    },
  },
  {
    name: "a rule that can never have its way",
    id: "policy",
    status: "warn",
    message: 'can never have its way: "no" denies all it matches',
    remedy: "Correct the lines that are named",
    arrange: (world) =>
      policy(
        world,
        "rules:\n  - { id: no, effect: deny, path: [a], why: x }\n  - { id: late, effect: allow, op: read, path: [a], why: x }",
      ),
  },
  {
    name: "a secret that is missing",
    id: "secrets",
    status: "warn",
    message: "TOKEN (env): missing",
    remedy: "Set the variable",
    arrange: (world) => policy(world, "secrets: { TOKEN: { from: 'env:NOT_SET' } }"),
  },
  {
    name: "a broken policy: what hangs on it says so",
    id: "risks",
    status: "warn",
    message: "not looked at, because of `policy`",
    remedy: "Mend `policy` first.",
    arrange: (world) => policy(world, "rulse: []"),
  },
  {
    name: "a sandbox that is off, among the risks",
    id: "risks",
    status: "warn",
    message: "commands run unconfined (sandbox.backend: off)",
    remedy: "Set sandbox.backend to auto.",
    arrange: (world) => policy(world, "sandbox: { backend: off }"),
  },
  {
    name: "a sandbox that is off, where the sandbox is told",
    id: "sandbox",
    status: "warn",
    message: "sandbox.backend is off: commands are not confined",
    remedy: "Set sandbox.backend to auto in the policy.",
    arrange: (world) => policy(world, "sandbox: { backend: off }"),
  },
  {
    name: "a mode that asks nobody",
    id: "risks",
    status: "warn",
    message: /approvals\.mode: auto-approve\); any command runs unasked \(by default\); any file can be deleted unasked \(by default\)$/,
    remedy: "Set approvals.mode to approve-writes. Name in allow rules what may go unasked",
    arrange: (world) => policy(world, "approvals: { mode: auto-approve }"),
  },
  {
    name: "a rule that lets any command run",
    id: "risks",
    status: "warn",
    message: "any command runs unasked (by any)",
    remedy: "Name in allow rules what may go unasked",
    arrange: (world) => policy(world, "rules: [{ id: any, effect: allow, tool: run_command, why: x }]"),
  },
  {
    name: "a rule that lets any file be deleted",
    id: "risks",
    status: "warn",
    message: /^any file can be deleted unasked \(by any\)$/,
    remedy: "Name in allow rules what may go unasked",
    arrange: (world) => policy(world, "rules: [{ id: any, effect: allow, op: delete, path: ['**'], why: x }]"),
  },
  {
    name: "a rule that lets any host be fetched from",
    id: "risks",
    status: "warn",
    message: /^any host, such as some-host\.com, can be fetched from unasked \(by any\)$/,
    remedy: "Name in allow rules what may go unasked",
    arrange: (world) => policy(world, "rules: [{ id: any, effect: allow, net: { host: ['*.com'] }, why: x }]"),
  },
  {
    name: "a list of hosts that has all of them",
    id: "risks",
    status: "warn",
    message: /^any host, such as some-host\.com, can be fetched from unasked \(by egress\.allow\)$/,
    remedy: "Name in allow rules what may go unasked",
    arrange: (world) => policy(world, "egress: { allow: ['*'] }"),
  },
  {
    name: "answers that are not checked",
    id: "risks",
    status: "warn",
    message: /^answers of read_text_file, run_command, fetch are not checked \(sanitize: off\)$/,
    remedy: "Set sanitize to standard.",
    arrange: (world) => policy(world, "sanitize: off"),
  },
  {
    name: "answers of one tool that are not checked",
    id: "risks",
    status: "warn",
    message: /^answers of fetch are not checked \(sanitize: off\)$/,
    remedy: "Set sanitize to standard.",
    arrange: (world) => policy(world, "sanitize: { fetch: off }"),
  },
  {
    name: "a policy without the rule on credentials",
    id: "risks",
    status: "warn",
    message: "credentials may be read (.env, .ssh/id_ed25519, server.pem)",
    remedy: "Write `extends: [local]`",
    arrange: (world) => policy(world, "", "version: 1"),
  },
  {
    name: "a policy that only warns",
    id: "risks",
    status: "warn",
    message: "is in mode warn: it changes nothing",
    remedy: "Set mode to enforce.",
    arrange: (world) => policy(world, "mode: warn"),
  },
  {
    name: "a user for commands that doesn't exist",
    id: "sandbox",
    status: "warn",
    message: "there is no user `nosuchuser` to run commands as",
    remedy: "Set sandbox.user in the policy to an existing user that is not root.",
    arrange: (world) => ({ ...policy(world, "sandbox: { user: nosuchuser }"), before: AS_ROOT }),
  },
  {
    name: "a name server that refuses the question",
    id: "dns",
    status: "warn",
    message: "127.0.0.1:9 (egress.dns) does not answer (ECONNREFUSED)",
    remedy: "Correct `egress.dns` in the policy.",
    arrange: (world) => policy(world, 'egress: { dns: ["127.0.0.1:9"] }'),
  },
  {
    name: "credentials in the home directory, out of reach of the tools",
    id: "sensitive",
    status: "warn",
    message: /^this user can read ~\/\.ssh, ~\/\.kube: they lie outside the workspaces, .*; sandboxed commands do not see/,
    remedy: /^To have nothing within reach, run the server as a user of its own\.$/,
    arrange: (world) => {
      for (const name of [".ssh", ".kube"]) mkdirSync(join(world.root, "home", name));
      return {};
    },
  },
  {
    name: "credentials in a workspace, and commands that nothing confines",
    id: "sensitive",
    status: "warn",
    message: /~\/\.aws inside a workspace: only rules of the policy .*; commands are not confined/,
    remedy: "Serve a workspace that does not hold them. Set sandbox.backend to auto in the policy.",
    arrange: (world) => {
      mkdirSync(join(world.root, "home", ".aws"));
      const { args = [] } = policy(world, "sandbox: { backend: off }");
      return { args: [...args, join(world.root, "home")] };
    },
  },
];

const like = (text: string | RegExp) => (typeof text === "string" ? expect.stringContaining(text) : expect.stringMatching(text));

/** Runs a row on a machine of its own, which is gone when it ends. */
async function onItsOwn<T>(use: (world: World) => Promise<T>): Promise<T> {
  const own = createWorld();
  own.share();
  try {
    return await use(own);
  } finally {
    chmodSync(own.workspace, 0o755); // a row may have closed it
    own.remove();
  }
}

describe.concurrent("doctor finds", () => {
  test.each(rows)("$name ($id)", async ({ id, status, message, remedy, arrange }) => {
    const report = await onItsOwn(async (own) => doctor(own, await arrange(own)));
    expect(report.of(id)).toEqual({ id, status, message: like(message), remedy: like(remedy) });
    const failed = report.checks.filter((check) => check.status === "fail");
    expect([report.ok, report.code]).toEqual(failed.length === 0 ? [true, 0] : [false, 1]);
    // Whatever is wrong, every other check is told too, and whatever has to be done is said.
    expect(report.checks.map((check) => check.id)).toEqual((await healthy).checks.map((check) => check.id));
    expect(report.checks.filter((check) => (check.status === "ok") !== (check.remedy === ""))).toEqual([]);
    expect(report.stderr).toBe("");
  });
});

/** A fresh machine, to hold the others against. */
const healthy = onItsOwn(async (own) => {
  const report = await doctor(own);
  return { ...report, made: existsSync(own.state) };
});

test("a fresh machine has nothing that fails, and doctor makes nothing there", async () => {
  const { code, ok, made, checks } = await healthy;
  expect({ code, ok, made }).toEqual({ code: 0, ok: true, made: false });
  expect(checks.filter(({ status }) => status === "fail")).toEqual([]);
  expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
});

test("docs/doctor.md has every check, in this order", async () => {
  const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "doctor.md"), "utf8");
  const documented = [...page.matchAll(/^\| `(\w+)`( \*)? \|/gm)].map(([, id, star]) => ({ id, atStart: star !== undefined }));
  expect(documented).toEqual(EXAMINATIONS.map(({ id, atStart }) => ({ id, atStart })));
  expect(documented.map(({ id }) => id)).toEqual((await healthy).checks.map(({ id }) => id));
});

test("a fresh machine has nothing that fails for an ordinary user either", async () => {
  const report = await doctor(world, { before: asOrdinaryUser(world) });
  expect(report.code).toBe(0);
  expect(report.checks.filter(({ status }) => status === "fail")).toEqual([]);
  expect(report.of("user")).toMatchObject({ status: "ok" });
  expect(report.of("risks")).toMatchObject({ status: "ok", message: expect.stringContaining("credentials stay denied") });
});

test("for people: a line for each check, what to do below it", async () => {
  const { code, stdout } = await world.run(["doctor", "/no/such/place"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^ok {4}node {7}Node 2\d\.\d+\.\d+\n/);
  expect(stdout).toContain(
    "FAIL  workspace  the workspace /no/such/place is not a directory\n      -> Make it, or name another with --workspace DIR.\n",
  );
});

test("records of a server at work hold, its calls are under way, and doctor leaves it alone", async () => {
  mkdirSync(world.state, { mode: 0o700 });
  const audit = startAudit(world.state, { now: Date.now });
  await recordCalls(audit, 0, 3);
  await audit.intent(makeIntent("under way"));
  expect((await doctor(world)).of("audit")).toMatchObject({
    status: "ok",
    message: expect.stringMatching(/records hold; 1 calls are under way$/),
  });
  await audit.outcome({ callId: "under way", status: "done", durationMs: 1 });
  audit.close();
  expect((await doctor(world)).of("audit")).toMatchObject({ status: "ok", message: expect.stringMatching(/ 0 calls are under way$/) });
});

test.each<[string, readonly (readonly string[] | null)[], object]>([
  ["answers", [[]], { status: "ok", message: expect.stringMatching(/^127\.0\.0\.1:\d+ \(egress\.dns\) answers$/) }],
  ["says nothing", [null], { status: "warn", message: expect.stringContaining("does not answer (ETIMEOUT)") }],
  ["makes up an address", [["192.0.2.1"]], { status: "warn", remedy: expect.stringContaining("doesn't make up answers") }],
])("a name server that %s, and is asked for nothing that the world has", async (_name, script, finding) => {
  const server = await serveDns({ "portcullis.invalid": script }, []);
  try {
    expect((await doctor(world, policy(world, `egress: { dns: ["${server.address}"] }`))).of("dns")).toMatchObject(finding);
    expect([...new Set(server.asked)]).toEqual(["portcullis.invalid"]);
  } finally {
    await server.close();
  }
});

test("a running server that kept its policy, because the changed one is broken, until it is mended", async () => {
  const { args = [] } = policy(world, "");
  const file = args[1] ?? "";
  const client = await connect("v1 SDK", world, { args });
  try {
    await client.tools();
    const reload = async () => (await doctor(world)).of("reload");
    expect(await reload()).toMatchObject({ status: "ok", message: expect.stringContaining("was taken up at") });
    writeFileSync(file, "rulse: []\n");
    await expect.poll(reload, SOON).toMatchObject({ status: "warn", message: expect.stringContaining("kept the one before") });
    policy(world, "");
    await expect.poll(reload, SOON).toMatchObject({ status: "ok" });
  } finally {
    await client.close();
  }
});

describe("an installation", () => {
  /** A copy of the built program with packages of its own. */
  function install(packages: Readonly<Record<string, string>>): Start {
    const place = join(world.root, "install");
    cpSync(join(ENTRY, ".."), join(place, "dist"), { recursive: true });
    writeFileSync(join(place, "package.json"), '{"type":"module"}');
    for (const [name, text] of Object.entries(packages)) {
      mkdirSync(join(place, "node_modules", name), { recursive: true });
      writeFileSync(join(place, "node_modules", name, "package.json"), JSON.stringify({ name, type: "module", exports: "./index.js" }));
      writeFileSync(join(place, "node_modules", name, "index.js"), text);
    }
    return { entry: [join(place, "dist", "cli.js")] };
  }
  const REAL = import.meta.resolve("better-sqlite3");
  const SQLITE = `import Real from ${JSON.stringify(REAL)};\nexport default class extends Real`;
  const AGAIN = "Install portcullis again with npm, for this machine and Node, and without --omit=optional.";

  test("without its native packages: each is told, and the rest is looked at", async () => {
    await audited(world);
    const report = await doctor(world, install({}));
    expect(report.code).toBe(1);
    for (const id of ["sqlite", "ripgrep"])
      expect(report.of(id)).toEqual({ id, status: "fail", message: expect.stringContaining("Cannot find package"), remedy: AGAIN });
    for (const id of ["database", "audit"])
      expect(report.of(id)).toEqual({ id, status: "warn", message: "not looked at, because of `sqlite`", remedy: "Mend `sqlite` first." });
    expect(report.of("policy")).toMatchObject({ status: "ok" });
  });

  test.each([
    [
      "an SQLite that damages logs",
      `${SQLITE} { prepare(text) { return super.prepare(text.replace("sqlite_version()", "'3.51.2'")); } }`,
      "sqlite",
      /^sqlite 3\.51\.2 is older than 3\.51\.3$/,
      /^Reinstall portcullis/,
    ],
    [
      "an SQLite that can't keep a write-ahead log here",
      `${SQLITE} { pragma(text, o) { return text === "journal_mode" ? "delete" : super.pragma(text, o); } }`,
      "database",
      /^SQLite runs in mode DELETE with/,
      /local file system/,
    ],
    [
      "an SQLite that syncs nothing",
      `${SQLITE} { pragma(text, o) { return text === "synchronous" ? 0 : super.pragma(text, o); } }`,
      "database",
      /with synchronous OFF$/,
      /local file system/,
    ],
  ])("%s", async (_name, text, id, message, remedy) => {
    await audited(world);
    const found = (await doctor(world, install({ "better-sqlite3": text }))).of(id);
    expect(found).toEqual({ id, status: "fail", message: like(message), remedy: like(remedy) });
  });

  test("ripgrep that can't be run", async () => {
    const found = (await doctor(world, install({ "@vscode/ripgrep": 'export const rgPath = "/no/such/rg";' }))).of("ripgrep");
    expect(found).toEqual({ id: "ripgrep", status: "fail", message: expect.stringContaining("ENOENT"), remedy: AGAIN });
  });

  test("a Node that is too old is told before anything else is loaded, and by doctor where that is passed over", async () => {
    const old = 'data:text/javascript,Object.defineProperty(process, "versions", { value: { ...process.versions, node: "22.18.0" } })';
    const start = (entry: string): Start => ({ entry: ["--import", old, entry] });
    await expect(doctor(world, start(ENTRY))).rejects.toThrow("needs Node 22.19 or newer, this is 22.18.0");
    expect((await doctor(world, start(join(ENTRY, "..", "main.js")))).of("node")).toEqual({
      id: "node",
      status: "fail",
      message: "Node 22.18.0 is older than 22.19",
      remedy: "Install Node 22.19 or newer.",
    });
  });
});
