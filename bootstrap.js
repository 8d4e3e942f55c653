// Runs a task on a fresh clone with nothing but an older Node and npm: installs what the lock file says, builds, and goes on under the pinned
// Node (the npm package `node`). Plain JavaScript without dependencies, so that any Node from 18 on can start it.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const modules = join(root, "node_modules");
const node = join(modules, "node", "bin", process.platform === "win32" ? "node.exe" : "node");
const bin = (name) => join(modules, ".bin", name);
const env = { ...process.env, PATH: `${join(modules, "node", "bin")}${process.platform === "win32" ? ";" : ":"}${process.env.PATH ?? ""}` };

/** Ends the whole task when a step fails, with the step's own exit code. */
function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, env, stdio: "inherit", ...options });
  if (result.error) console.error(`portcullis: ${command}: ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** `npm ci`, unless this lock file is what node_modules was installed from. Its words go to stderr: stdout may be a protocol. */
function install() {
  const digest = createHash("sha256").update(readFileSync(join(root, "package-lock.json"))).digest("hex");
  const stamp = join(modules, ".portcullis-lock");
  if (existsSync(node) && existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  console.error("portcullis: installing the pinned dependencies (once)");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    env: process.env,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  writeFileSync(stamp, digest);
}

const build = () => run(node, [join(root, "scripts", "build.ts")], { stdio: ["ignore", 2, 2] });

/** bubblewrap is part of what the tests prove; as root on Debian or Ubuntu it is installed, elsewhere the command is printed. */
function ensureBubblewrap() {
  if (process.platform !== "linux" || spawnSync("bwrap", ["--version"]).status === 0) return;
  const debian = existsSync("/etc/debian_version");
  if (debian && process.getuid?.() === 0) {
    console.error("portcullis: bubblewrap is missing: installing it with apt-get");
    if (spawnSync("apt-get", ["install", "-y", "-q", "bubblewrap"], { stdio: ["ignore", 2, 2] }).status === 0) return;
    run("apt-get", ["update", "-q"], { stdio: ["ignore", 2, 2] });
    run("apt-get", ["install", "-y", "-q", "bubblewrap"], { stdio: ["ignore", 2, 2] });
    return;
  }
  console.error("portcullis: bubblewrap is missing: the sandbox tests will fail. Install it: sudo apt-get install bubblewrap");
}

/** Starts the server and stays until it ends; whoever ends this process ends the server with it. */
function serve(args) {
  const child = spawn(node, [join(root, "dist", "cli.js"), "start", ...args], { cwd: root, env, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal === "SIGHUP" ? "SIGTERM" : signal));
  child.on("exit", (code) => process.exit(code ?? 1));
}

/** vitest, then the plain closing line `N passed, N failed` that any reader of the log understands. */
function test(args) {
  ensureBubblewrap();
  const report = join(modules, ".portcullis-tests.json");
  rmSync(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const result = spawnSync(node, [join(modules, "vitest", "vitest.mjs"), "run", ...reporters, ...args], { cwd: root, env, stdio: "inherit" });
  if (!existsSync(report)) process.exit(result.status || 1);
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped = 0 } = JSON.parse(readFileSync(report, "utf8"));
  console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`);
  process.exit(passed === 0 ? 1 : (result.status ?? 1));
}

const [task = "start", ...args] = process.argv.slice(2);
install();
if (task !== "check") build();
switch (task) {
  case "build":
    break;
  case "start":
    serve(args);
    break;
  case "test":
    test(args);
    break;
  case "lane": // tests that need more than a checkout: test/<name>/<name>.config.ts
    run(node, [join(modules, "vitest", "vitest.mjs"), "run", "--config", join("test", args[0], `${args[0]}.config.ts`), ...args.slice(1)]);
    break;
  case "mcpb":
    run(node, [join(root, "scripts", "bundle-mcpb.ts"), ...args]);
    break;
  case "audit":
    run(node, [join(root, "scripts", "audit.ts"), ...args]);
    break;
  case "demo":
    run(node, [join(root, "scripts", "demo.ts"), ...args]);
    break;
  case "bench":
    run(node, [join(root, "bench", "main.ts"), ...args]);
    break;
  case "check":
    run(node, [bin("tsc"), "-p", "."]);
    run(bin("oxlint"), ["--type-aware", "src", "test", "bench", "scripts"]);
    run(bin("oxfmt"), ["--check", "src", "test", "bench", "scripts"]);
    run(node, [bin("knip")]);
    build();
    run(node, [bin("publint")]);
    break;
  default:
    console.error(`portcullis: unknown task "${task}": use start, test, lane, mcpb, audit, demo, check, bench or build`);
    process.exit(2);
}
