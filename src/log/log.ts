/** Logs: JSON lines on stderr, or in a file. Written behind the calls' back and flushed at the end; a reader that doesn't read loses lines, never the server. */
import pino from "pino";
import type { Logger } from "pino";
import { FileSink, openFile } from "./file.ts";
import type { FileOptions } from "./file.ts";
import { stderrSink } from "./stderr.ts";

/** Milliseconds that the last lines get: a full disk or a reader that stands still must not hold up the end. */
const LAST_PATIENCE = 300;

export interface Log {
  readonly logger: Logger;
  /** Lines that were lost to a slow reader or a full disk until now. */
  dropped(): number;
  /** Writes out what waits, as far as that can be done soon; call it last. Never rejects. */
  flush(): Promise<void>;
}

export interface LogOptions {
  readonly level: string;
  /** Without it the log goes to standard error, and nothing is rotated. */
  readonly file?: Pick<FileOptions, "file" | "rotate" | "now" | "clock" | "random">;
  /** Treats every string of a line that isn't our own word. */
  readonly redact: (text: string) => string;
}

/**
 * Fields that hold nothing but our own words and the operator's: ids, rules, digests, directories. They are most of every line, and a start
 * must not wait for the rules to compile.
 */
const OURS = new Set(
  ["callId", "tool", "effect", "rules", "status", "code", "session", "principal", "trace"].concat([
    "version",
    "workspaces",
    "state",
    "policy",
    "before",
    "backend",
    "reason",
    "file",
    "check",
    "remedy",
  ]),
);

/** Opens the log; one whose file can't be opened goes to standard error and says so. Errors in a line keep their name, message and code and lose their stack. */
export function openLog(options: LogOptions): Log {
  const { file, level, redact } = options;
  const opened = file && openFile(file.file);
  const sink =
    file === undefined || opened?.fd === undefined
      ? stderrSink()
      : new FileSink({
          ...file,
          fd: opened.fd,
          // These lines wait with the others, and are read when it can be written again.
          onTrouble: (what, error) =>
            logger.error({ err: error }, what === "write" ? "the log could not be written" : "the log could not be rotated"),
          onEnd: (lost) => logger.warn({ lost }, "the log is written again"),
        });
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (entry) => redactEntry(entry, redact) },
      serializers: { err: (error: unknown) => error },
    },
    sink,
  );
  if (opened?.error !== undefined) logger.warn({ file: file?.file, err: opened.error }, "the log file can't be opened: lines go to stderr");
  return { logger, dropped: () => sink.dropped(), flush: () => sink.end(LAST_PATIENCE) };
}

function redactEntry(entry: Record<string, unknown>, redact: (text: string) => string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).map(([key, value]) => [key, OURS.has(key) ? value : redactValue(value, redact)]));
}

function redactValue(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, redact));
  if (value instanceof Error) return redactEntry(describeError(value), redact);
  if (typeof value === "object" && value !== null) return redactEntry({ ...value }, redact);
  return value;
}

function describeError(error: Error): Record<string, unknown> {
  const code = (error as NodeJS.ErrnoException).code;
  return {
    name: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(error.cause instanceof Error ? { cause: error.cause } : {}),
  };
}
