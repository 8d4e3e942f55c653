/** A log in a directory of its own, opened as a server opens it, and everything that was written to it. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { FileSink, openFile } from "../../src/log/file.ts";
import type { FileOptions } from "../../src/log/file.ts";
import { openLog } from "../../src/log/log.ts";
import type { Log, LogOptions } from "../../src/log/log.ts";

export interface LogWorld {
  readonly root: string;
  /** The log; its directory isn't there yet. */
  readonly file: string;
  open(options?: Partial<FileOptions & LogOptions>): Log;
  remove(): void;
}

export function createLogWorld(): LogWorld {
  const root = mkdtempSync(join(tmpdir(), "portcullis-log-"));
  const file = join(root, "logs", "server.log");
  return { root, file, open: (options) => openLogAt(file, options), remove: () => rmSync(root, { recursive: true, force: true }) };
}

export function openLogAt(file: string, { redact, ...options }: Partial<FileOptions & LogOptions> = {}): Log {
  return openLog({
    level: "info",
    redact: redact ?? ((text) => text),
    file: { ...fileAt(file), rotate: { size: 1024 ** 2, age: 86_400_000, keep: 1000 }, ...options, file },
  });
}

function fileAt(file: string): Pick<FileOptions, "file" | "now" | "clock" | "random"> {
  return { file, now: Date.now, clock: () => performance.now(), random: () => randomBytes(4).toString("hex") };
}

/** A sink by itself, what it told of trouble, and promises for the first of each. */
export function openSinkAt(file: string): {
  readonly sink: FileSink;
  readonly trouble: Promise<{ readonly what: string; readonly code: string }>;
  readonly end: Promise<number>;
} {
  const trouble = Promise.withResolvers<{ what: string; code: string }>();
  const end = Promise.withResolvers<number>();
  const { fd } = openFile(file);
  if (fd === undefined) throw new Error(`${file} can't be opened`);
  const sink = new FileSink({
    ...fileAt(file),
    fd,
    rotate: { size: 64 * 1024 ** 2, age: 86_400_000, keep: 1 },
    onTrouble: (what, error) => trouble.resolve({ what, code: String((error as NodeJS.ErrnoException).code) }),
    onEnd: end.resolve,
  });
  return { sink, trouble: trouble.promise, end: end.promise };
}

/** The names of the old files, oldest first. */
export function oldNames(file: string): string[] {
  const number = (name: string) => Number(/\.(\d+)-[0-9a-f]{8}$/.exec(name)?.[1]);
  return readdirSync(dirname(file))
    .filter((name) => name !== basename(file))
    .sort((a, b) => number(a) - number(b));
}

/** Every line of the old files and the one in use, oldest first. */
export function allLines(file: string): Record<string, unknown>[] {
  const files = [...oldNames(file).map((name) => join(dirname(file), name)), ...(existsSync(file) ? [file] : [])];
  return files
    .flatMap((path) => readFileSync(path, "utf8").split("\n"))
    .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]));
}
