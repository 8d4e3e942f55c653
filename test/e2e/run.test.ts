/** run_command through real clients, in the real sandbox. */
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLIENTS, approveOnce, connect } from "./clients.ts";
import type { Connected, Person, Result } from "./clients.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

const POLICY = `version: 1
extends: [local]
env: { set: { GREETING: hello, GIT_AUTHOR_NAME: Ada, GIT_EXTERNAL_DIFF: /bin/false }, pass: [TZ] }
limits: { output: 4KiB }
sandbox: { memory: 256MiB, processes: 32, disk: 64MiB }
rules:
  - { id: git-writes, effect: allow, run: ["git (add|commit) ...", "git config ..."], why: commits are wanted }
  - { id: shells, effect: allow, run: ["./tool.sh ...", "./stubborn.sh", "perl ..."], why: fixtures of this test }
  - { id: vendor, effect: deny, op: write, path: ["vendor/**"], why: comes from upstream }
  - { id: hidden, effect: deny, tool: read_text_file, path: ["for-commands/**"], why: named by the file tool only }
  - { id: private, effect: ask, op: read, path: ["private/**"], why: somebody should know }
`;

let world: World;
let client: Connected;
let asked: string[] = [];
let person: Person = approveOnce;
const inside = (path: string) => join(world.workspace, path);
const run = (command: string, more: Record<string, unknown> = {}): Promise<Result> => client.call("run_command", { command, ...more });
/** Who wrote a command's environment into a file would find it there. */
const stdoutOf = (result: Result) => result.structured?.["stdout"] as string;

beforeAll(async () => {
  world = createWorld();
  world.put("a.txt", "hello\nworld\n");
  world.put("b c.txt", "blank\n");
  world.put(".env", "TOKEN=4711\n");
  world.put("secrets/key.txt", "TOKEN=4711\n");
  world.put("vendor/lib.js", "upstream\n");
  world.put("for-commands/x.txt", "TOKEN=4711\n");
  world.put("private/x.txt", "TOKEN=4711\n");
  world.put("tool.sh", '#!/bin/bash\neval "$1"\n');
  world.put("stubborn.sh", '#!/bin/bash\ntrap "" TERM\nwhile true; do sleep 1; done\n');
  for (const name of ["tool.sh", "stubborn.sh"]) chmodSync(inside(name), 0o755);
  symlinkSync("/etc", inside("outward"));
  symlinkSync("a.txt", inside("inward"));
  writeFileSync(join(world.root, "outside.txt"), "outside\n");
  const policy = join(world.root, "policy.yaml");
  writeFileSync(policy, POLICY, { mode: 0o600 });
  world.share();
  client = await connect("v2 SDK, 2026-07-28", world, {
    args: ["--policy", policy],
    person: (message) => {
      asked.push(message);
      return person(message);
    },
  });
});
afterAll(async () => {
  await client.close();
  world.remove();
});

describe("what runs, and what comes back", () => {
  test.each<[string, string, Record<string, unknown>]>([
    ["a plain command", "cat a.txt", { exitCode: 0, stdout: "hello\nworld\n", stderr: "" }],
    ["a pipeline and a list", "cat a.txt | head -1 && echo done", { exitCode: 0, stdout: "hello\ndone\n" }],
    ["a glob, expanded by us", "cat *.txt", { exitCode: 0, stdout: "hello\nworld\nblank\n" }],
    ["a link inside the workspace", "cat inward", { exitCode: 0, stdout: "hello\nworld\n" }],
    ["a command that fails", "ls nowhere", { exitCode: 2, stdout: "", stderr: expect.stringContaining("nowhere") }],
    ["a command that a signal ends", "./tool.sh 'kill -9 $$'", { exitCode: 137, signal: "SIGKILL" }],
    ["the environment that the policy passes and sets", "./tool.sh printenv", { stdout: expect.stringMatching(/^GREETING=hello$/m) }],
    ["a home of its own", "./tool.sh 'echo $HOME; cd; pwd'", { stdout: "/tmp\n/tmp\n" }],
    ["no standard input", "cat", { stdout: "" }],
    ["a program that wants a terminal", "./tool.sh 'tty; stty size'", { stdout: "not a tty\n", exitCode: 1 }],
    ["bytes that are no text", `perl -e 'print "\\xff\\xfe\\x00ok"'`, { exitCode: 0, stdout: expect.stringContaining("binary") }],
  ])("%s", async (_name, command, expected) => {
    const result = await run(command);
    expect(result).toMatchObject({
      isError: false,
      structured: expected,
      call: { sandbox: { backend: "bwrap", profile: "workspace-write", network: "none" } },
    });
  });

  test("an argv is run without a shell, and takes standard input", async () => {
    const result = await client.call("run_command", { argv: ["cat", "-", "b c.txt"], stdin: "given\n" });
    expect(result.structured).toMatchObject({ exitCode: 0, stdout: "given\nblank\n" });
  });

  test("another directory", async () => {
    expect((await run("pwd; cat lib.js", { cwd: "vendor" })).structured).toMatchObject({ stdout: `${inside("vendor")}\nupstream\n` });
  });

  test("each stream is cut with a marker, beginning and end kept", async () => {
    const result = await run("seq 1 5000");
    expect(result.call.truncated).toBe(true);
    expect(stdoutOf(result)).toMatch(/^1\n2\n[^]*\n\[TRUNCATED \d+ of 23893 bytes\]\n[^]*\n5000\n$/);
    expect(stdoutOf(result).length).toBeLessThan(4300);
    expect(result.text).toContain("of 23893 bytes]");
  });

  test("nothing of the server's environment, and no variable of git but ours", async () => {
    const names = stdoutOf(await run("./tool.sh printenv"))
      .trim()
      .split("\n")
      .map((line) => line.split("=")[0] ?? "")
      .filter((name) => !name.startsWith("GIT_"));
    expect(names.sort()).toEqual(["GREETING", "HOME", "LANG", "PATH", "PWD", "SHLVL", "TMPDIR", "_"]);
  });

  test("a dry run shows what would run and runs nothing", async () => {
    const result = await run("git add a.txt | cat", { dryRun: true });
    expect(result).toMatchObject({
      isError: false,
      text: expect.stringContaining("'/usr/bin/git' '--no-pager' 'add' 'a.txt' | '/usr/bin/cat'"),
    });
    expect(result.text).toContain("\nsandbox: workspace-write, network none");
    expect(existsSync(inside(".git"))).toBe(false);
  });

  test("a preview says so when nothing confines the command", async () => {
    const bare = createWorld();
    const policy = join(bare.root, "policy.yaml");
    writeFileSync(policy, "version: 1\nextends: [local]\nsandbox: { backend: off }\n", { mode: 0o600 });
    const other = await connect("v2 SDK, 2026-07-28", bare, { args: ["--policy", policy] });
    const { text } = await other.call("run_command", { command: "ls", dryRun: true });
    expect(text).toContain("\nsandbox: off, nothing confines it");
    await other.close();
    bare.remove();
  });
});

describe("what is refused before it runs, and runs nothing", () => {
  test.each<[string, Record<string, unknown>, string, RegExp]>([
    ["a missing program", { command: "nosuchprogram x" }, "NOT_FOUND", /was not found in shell\.path/],
    ["a missing program of the workspace", { command: "./tools.sh x" }, "NOT_FOUND", /not found/],
    ["neither command nor argv", {}, "INVALID_INPUT", /exactly one/],
    ["both of them", { command: "ls", argv: ["ls"] }, "INVALID_INPUT", /exactly one/],
    ["an empty argv", { argv: [] }, "INVALID_INPUT", /argv/],
    ["an argv with NUL", { argv: ["echo", "a\0b"] }, "INVALID_INPUT", /control characters/],
    ["a text with a control character", { command: "echo \u001b[2K" }, "INVALID_INPUT", /control characters/],
    ["a text that has no end", { command: "echo 'x" }, "INVALID_INPUT", /quote/],
    ["more than 10,000 characters", { command: `echo ${"x".repeat(10_000)}` }, "INVALID_INPUT", /10000/],
    ["a directory that is a link outward", { command: "ls", cwd: "outward" }, "DENIED", /outside/],
    ["a directory outside", { command: "ls", cwd: ".." }, "DENIED", /outside/],
    ["a directory that isn't there", { command: "ls", cwd: "nowhere" }, "NOT_FOUND", /does not exist/],
    ["a directory that is a file", { command: "ls", cwd: "a.txt" }, "INVALID_INPUT", /not a directory/],
    ["reading a denied file", { command: "cat .env" }, "DENIED", /secrets/],
    ["reading it by a glob", { command: "cat .e*" }, "DENIED", /secrets/],
    ["reading it through a pipe of shells", { command: "sh -c 'cat .env' | cat" }, "DENIED", /secrets/],
    ["reading through a link outward", { command: "cat outward/hostname" }, "DENIED", /outside/],
    ["reading outside", { command: "cat ../outside.txt" }, "DENIED", /outside/],
    ["our own program", { command: "portcullis keys list" }, "DENIED", /portcullis/],
    ["a time that is none", { command: "ls", timeoutMs: 0 }, "INVALID_INPUT", /timeoutMs/],
  ])("%s", async (_name, args, code, reason) => {
    asked = [];
    const result = await client.call("run_command", args);
    expect(result.refusal).toMatchObject({ code, reason: expect.stringMatching(reason) });
    expect(asked).toEqual([]);
  });
});

describe("what a command can reach", () => {
  const approved = async (script: string): Promise<Result> => {
    person = approveOnce;
    return run(`eval "$(printf %s '${script}')"`);
  };

  test("denied files are hidden from it, and the answer says by which rule", async () => {
    const result = await approved("cat .env secrets/key.txt; grep -rs TOKEN . ; echo end");
    expect(stdoutOf(result)).toBe("end\n");
    expect(result.call).toMatchObject({
      flags: ["sandbox:denied"],
      sandbox: {
        denied: [
          { path: inside(".env"), op: "read", rules: ["secrets"] },
          { path: inside("secrets/key.txt"), op: "read", rules: ["secrets"] },
        ],
      },
    });
    expect(result.text).toContain(`the sandbox denied reading "${inside(".env")}" (secrets)`);
  });

  test("what only read_text_file may not read is hidden, and so is what would be asked about", async () => {
    const result = await approved("cat for-commands/x.txt private/x.txt");
    expect(result.structured).toMatchObject({ stdout: "", exitCode: 1 });
  });

  test("what a person was asked about and allowed by name is shown", async () => {
    asked = [];
    expect((await run("cat private/x.txt")).structured).toMatchObject({ stdout: "TOKEN=4711\n" });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain('"private" asks a person first');
    expect((await run("grep -rs TOKEN .")).structured).toMatchObject({ stdout: "" });
  });

  test("nothing outside of the workspace but the system", async () => {
    const result = await approved(
      `cat ${world.root}/outside.txt ${world.state}/portcullis.db /etc/shadow; ls ${world.root}; id -u; cat /proc/sys/kernel/core_pattern > /dev/null; echo x > /proc/sys/kernel/core_pattern`,
    );
    expect(stdoutOf(result).split("\n")).toEqual(["work", expect.stringMatching(/^[1-9]\d*$/), ""]);
  });

  test("no network", async () => {
    expect((await approved("exec 3<>/dev/tcp/127.0.0.1/22")).structured).toMatchObject({ exitCode: 1 });
  });

  test("writes go to the workspace, but not where a rule denies them, and not where they would make programs run", async () => {
    mkdirSync(inside(".git/hooks"), { recursive: true });
    writeFileSync(inside(".git/config"), "");
    world.share();
    const result = await approved(
      "echo x > made.txt; echo x >> vendor/lib.js; echo x > vendor/new.js; echo x > .git/hooks/pre-commit; echo x >> .git/config; mv .git .gone; ls .git",
    );
    expect(readFileSync(inside("made.txt"), "utf8")).toBe("x\n");
    expect(readFileSync(inside("vendor/lib.js"), "utf8")).toBe("upstream\n");
    expect(readdirSync(inside("vendor"))).toEqual(["lib.js"]);
    expect(readdirSync(inside(".git/hooks"))).toEqual([]);
    expect(result.call.sandbox).toMatchObject({
      denied: expect.arrayContaining([{ path: inside("vendor/lib.js"), op: "write", rules: ["vendor"] }]),
    });
    rmSync(inside(".git"), { recursive: true });
  });

  test("a new file that makes programs run is flagged in the answer and the audit", async () => {
    const result = await run(`perl -e 'open F, ">.envrc"'`);
    expect(result.call).toMatchObject({ flags: ["sandbox:new-exec-files"], sandbox: { newSensitive: [inside(".envrc")] } });
    expect(result.text).toContain(`"${inside(".envrc")}"`);
    const records = (await world.run(["audit", "export"])).stdout;
    expect(records).toContain(JSON.stringify(inside(".envrc")));
    rmSync(inside(".envrc"));
  });
});

describe("git", () => {
  beforeAll(() => {
    const git = (...argv: string[]) =>
      execFileSync("/usr/bin/git", ["-c", "safe.directory=*", ...argv], {
        cwd: world.workspace,
        env: { HOME: world.root, PATH: "/usr/bin" },
      });
    git("init", "-q");
    git("config", "user.name", "Test");
    git("config", "user.email", "test@example.org");
    git("add", "a.txt");
    git("commit", "-q", "-m", "before");
    // Row sh-284 of the corpus and its like: the repository's own configuration names programs.
    world.put("evil.sh", `#!/bin/sh\ntouch "${inside("PWNED")}"\nexec cat\n`);
    chmodSync(inside("evil.sh"), 0o755);
    for (const key of ["core.fsmonitor", "core.pager", "diff.external", "diff.evil.textconv", "filter.other.clean"])
      git("config", key, inside("evil.sh"));
    world.put(".gitattributes", "*.txt diff=evil\n");
    world.put("made.txt", "made\n");
    world.share();
  });
  afterAll(() => rmSync(inside(".git"), { recursive: true, force: true }));

  test("a rule that allows git lets it write its repository, and nothing in it that runs programs", async () => {
    expect((await run("git add made.txt && git commit -q -m first")).structured).toMatchObject({ exitCode: 0 });
    expect((await run("git log -1 --format=%an:%cn:%s")).structured).toMatchObject({ stdout: "Ada:Test:first\n" });
    expect(stdoutOf(await run("./tool.sh 'echo $GIT_EXTERNAL_DIFF'"))).toBe("\n");
    const before = readFileSync(inside(".git/config"), "utf8");
    const result = await run("git config alias.x '!touch PWNED'");
    expect(result.structured?.["exitCode"] ?? 1).not.toBe(0);
    expect(readFileSync(inside(".git/config"), "utf8")).toBe(before);
  });

  test.each(["git status", "git diff", "git diff | cat", "git log -p", "timeout 5 git diff", "git show HEAD && git status"])(
    "a hostile repository runs nothing on `%s`",
    async (command) => {
      writeFileSync(inside("a.txt"), `changed by ${command}\n`);
      const result = await run(command);
      expect(result).toMatchObject({ isError: false, structured: { exitCode: 0 } });
      expect(existsSync(inside("PWNED"))).toBe(false);
    },
  );

  test("the control: run as people run it, the same repository does", () => {
    execFileSync("/usr/bin/git", ["-c", "safe.directory=*", "status"], {
      cwd: world.workspace,
      env: { HOME: world.root, PATH: "/usr/bin" },
    });
    expect(existsSync(inside("PWNED"))).toBe(true);
    rmSync(inside("PWNED"));
  });
});

describe("commands that go too far", () => {
  afterAll(async () => {
    expect((await run("echo alive")).structured).toMatchObject({ stdout: "alive\n" });
  });

  test("1 GiB of output is cut, and the server holds none of it", async () => {
    const result = await run("head -c 1073741824 /dev/zero");
    expect(result.structured).toMatchObject({ exitCode: 0, stdoutBytes: 1024 ** 3 });
    const status = readFileSync(`/proc/${client.pid()}/status`, "utf8");
    expect(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1])).toBeLessThan(300 * 1024);
  });

  test.each<[string, string, string]>([
    ["memory", `perl -e 'my @x; push @x, "x" x 1e7 while 1'`, "Out of memory|memory"],
    ["processes", "./tool.sh 'f() { f | f & }; f; sleep 60'", ""],
    ["disk", "./tool.sh 'for n in 1 2 3 4; do head -c 40M /dev/zero > big$n; done; sleep 60'", ""],
  ])("%s is limited", async (_name, command) => {
    const from = performance.now();
    const result = await run(command, { timeoutMs: 20_000 });
    expect(performance.now() - from).toBeLessThan(15_000);
    expect(result.structured?.["exitCode"]).not.toBe(0);
    for (const name of readdirSync(world.workspace)) if (name.startsWith("big")) rmSync(inside(name));
  });

  test("what ignores SIGTERM or leaves a daemon behind is gone when the call ends", async () => {
    const mark = `mark-${process.pid}`;
    const result = await run("./stubborn.sh", { timeoutMs: 1000 });
    expect(result.refusal).toMatchObject({ code: "TIMEOUT" });
    expect(
      (await run(`./tool.sh 'setsid bash -c "exec -a ${mark} sleep 1000" > /dev/null 2>&1 & sleep 0.2; ps ax | grep -c [m]ark'`)).isError,
    ).toBe(false);
    expect(commandLines()).not.toContain(mark);
    expect(commandLines()).not.toContain("stubborn.sh");
  });

  test("cancelling kills all of it, and progress is told while it runs", async () => {
    const controller = new AbortController();
    let told = 0;
    const mark = `cancel-${process.pid}`;
    const call = client.call(
      "run_command",
      { command: `./tool.sh 'exec -a ${mark} sleep 1000'` },
      {
        signal: controller.signal,
        onprogress: () => {
          told += 1;
          controller.abort();
        },
      },
    );
    await expect(call).rejects.toThrow();
    expect(told).toBe(1);
    await expect.poll(commandLines, { timeout: 10_000 }).not.toContain(mark);
  });
});

/** Command lines of every process of this machine. */
function commandLines(): string {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
      } catch {
        return "";
      }
    })
    .join("\n");
}

describe("a yes", () => {
  test("shows argv, directory and sandbox, and is void when what the command changes changed meanwhile", async () => {
    asked = [];
    person = () => {
      writeFileSync(inside("b c.txt"), "changed by somebody else\n");
      return { action: "accept", content: { decision: "approve_once" } };
    };
    const result = await run("sed -i s/blank/filled/ 'b c.txt'");
    expect(result.refusal?.code).toBe("STALE_APPROVAL");
    expect(asked[0]).toContain(`| in ${world.workspace}\n| argv: ["/usr/bin/sed","-i","s/blank/filled/","b c.txt"]`);
    expect(readFileSync(inside("b c.txt"), "utf8")).toBe("changed by somebody else\n");
    person = approveOnce;
  });

  test("for the session covers the same argv in the same directory, and no other", async () => {
    asked = [];
    person = () => ({ action: "accept", content: { decision: "approve_session" } });
    for (const command of ["mkdir -p one", "mkdir -p one", "mkdir -p two"]) await run(command);
    expect(asked).toHaveLength(2);
    asked = [];
    // Nobody can know what a script does the next time.
    for (const command of ["echo $RANDOM", "echo $RANDOM"]) await run(command);
    expect(asked).toHaveLength(2);
    person = approveOnce;
  });
});

test("explain_policy shows how a command was read", async () => {
  const { structured } = await client.call("explain_policy", { tool: "run_command", args: { command: "cat a.txt > $X" } });
  expect(structured).toMatchObject({
    effect: "ask",
    reading: {
      verdict: "script",
      reason: expect.any(String),
      commands: [
        {
          words: [
            { text: "cat", literal: true },
            { text: "a.txt", literal: true },
          ],
          cwd: world.workspace,
          known: true,
        },
      ],
    },
  });
});

describe.each(CLIENTS)("through %s", (kind) => {
  test("the tools are listed with their risk, and run", async () => {
    const other = await connect(kind, world);
    try {
      const tools = await other.tools();
      const risks = Object.fromEntries(tools.map(({ name, _meta }) => [name, (_meta as Record<string, unknown>)["io.portcullis/risk"]]));
      expect(risks).toMatchObject({
        run_command: "high",
        process_start: "high",
        process_write: "high",
        process_stop: "medium",
        process_read: "low",
        process_list: "low",
      });
      expect((await other.call("run_command", { command: "cat a.txt" })).structured).toMatchObject({ exitCode: 0 });
    } finally {
      await other.close();
    }
  });
});

test("git reads a repository that belongs to somebody else than the commands' user", async () => {
  const foreign = createWorld();
  execFileSync("/usr/bin/git", ["init", "-q", foreign.workspace], { env: { HOME: foreign.root, PATH: "/usr/bin" } });
  chmodSync(foreign.root, 0o755);
  const other = await connect("v1 SDK", foreign);
  try {
    expect((await other.call("run_command", { command: "git status --short --branch" })).structured).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
  } finally {
    await other.close();
    foreign.remove();
  }
});

test("a workspace that the commands' user can't reach: no tools, a refusal, and doctor says what to do", async () => {
  const closed = createWorld();
  const asRoot = process.getuid?.() === 0;
  const other = await connect("v1 SDK", closed);
  try {
    expect((await other.tools()).some(({ name }) => name === "run_command")).toBe(!asRoot);
    expect((await other.call("run_command", { command: "true" })).refusal?.code).toBe(asRoot ? "SANDBOX_UNAVAILABLE" : undefined);
    const { checks } = JSON.parse((await closed.run(["doctor", "--json"])).stdout) as {
      checks: { id: string; status: string; remedy: string }[];
    };
    const check = checks.find(({ id }) => id === "sandbox");
    expect(check).toMatchObject(asRoot ? { status: "warn", remedy: expect.stringContaining("chmod o+x") } : { status: "ok" });
    expect(statSync(closed.root).mode & 0o077).toBe(0);
  } finally {
    await other.close();
    closed.remove();
  }
});
