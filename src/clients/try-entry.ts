/** Does an entry work? It is started as a client would start it, asked to initialize, and ended. */
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import type { Words } from "./clients.ts";

export interface Tried {
  readonly ok: boolean;
  /** What it answered, or why it didn't; one line. */
  readonly message: string;
}

export interface TryOptions {
  readonly env: Readonly<Record<string, string>>;
  /** The root directory is where desktop clients start servers, and the hardest place to find anything from. */
  readonly cwd: string;
  /** Milliseconds until it counts as silent. */
  readonly timeout: number;
}

/** Milliseconds in which a server that was told so must end by itself. */
const GRACE = 2_000;

const HELLO = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "portcullis-doctor", version: "1" } },
};

/** Never rejects, and leaves no process behind. A named container is started without its name: the client may be running it. */
export async function tryEntry(words: Words, { env, cwd, timeout }: TryOptions): Promise<Tried> {
  const name = words.indexOf("--name");
  const [command = "", ...args] = name > 0 && name < words.indexOf("serve") ? words.toSpliced(name, 2) : words;
  const child = spawn(command, args, { env, cwd, stdio: "pipe" });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const tried = await new Promise<Tried>((resolve) => {
    const timer = setTimeout(() => resolve({ ok: false, message: `no answer within ${timeout / 1000} s` }), timeout);
    listen(child, command, (result) => {
      clearTimeout(timer);
      resolve(result);
    });
  });
  // the end of its input ends a server; one that doesn't mind is killed
  child.stdin.end();
  const killer = setTimeout(() => child.kill("SIGKILL"), GRACE);
  if (child.pid !== undefined) await ended;
  clearTimeout(killer);
  return tried;
}

function listen(child: ChildProcessWithoutNullStreams, command: string, done: (result: Tried) => void): void {
  let out = "";
  let err = "";
  child.once("error", (error: NodeJS.ErrnoException) =>
    done({
      ok: false,
      message: error.code === "ENOENT" ? `${command} isn't there` : `${command} can't be started (${error.code ?? error.message})`,
    }),
  );
  // what a server that has ended no longer reads is no news
  child.stdin.on("error", () => undefined).write(`${JSON.stringify(HELLO)}\n`);
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err = (err + text).slice(-4_000);
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out = (out + text).slice(0, 1_000_000);
    const end = out.indexOf("\n");
    if (end !== -1) done(readAnswer(out.slice(0, end)));
  });
  child.once("close", (code) => done({ ok: false, message: lastWords(err) ?? `it ended at once (${code ?? "killed"})` }));
}

function readAnswer(line: string): Tried {
  try {
    const { result } = JSON.parse(line) as { result?: { serverInfo?: { name?: unknown; version?: unknown } } };
    const { name, version } = result?.serverInfo ?? {};
    if (typeof name === "string") return { ok: true, message: `${name} ${String(version)} answers` };
  } catch {
    // not JSON: said below
  }
  return { ok: false, message: "it answers something that is not MCP" };
}

/** Our own complaints are lines of their own among what Node and Docker say. */
function lastWords(err: string): string | undefined {
  const lines = err.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("{"));
  const said = lines.find((line) => /^(portcullis|docker|Error|\w*Error):/.test(line)) ?? lines.at(-1);
  return said?.replace(/[^\x20-\x7e]/g, "?").slice(0, 300);
}
