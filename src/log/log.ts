/** Logs: JSON lines on stderr, or in a file. Written behind the calls' back and flushed at the end; a reader that doesn't read loses lines, never the server. */
import { constants, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import pino from "pino";
import type { Logger } from "pino";

/** Bytes that may wait for a slow reader before lines are dropped. */
const MOST_WAITING = 4 * 1024 * 1024;
/** Milliseconds that the last lines get: a full disk or a reader that stands still must not hold up the end. */
const LAST_PATIENCE = 300;
/** Lines are gathered to this many bytes, or for this long (ms): a write for each would cost a call more than its record in the audit. */
const GATHER = { minLength: 8192, periodicFlush: 200 };

export interface Log {
  readonly logger: Logger;
  /** Writes out what waits, as far as that can be done soon; call it last. Never rejects. */
  flush(): Promise<void>;
}

/**
 * Fields that hold nothing but our own words and the operator's: ids, rules, digests, directories. They are most of every line, and a start
 * must not wait for the rules to compile.
 */
const OURS = new Set(
  ["callId", "tool", "effect", "rules", "status", "code", "session", "principal"].concat([
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

/** Opens the log. `redact` treats every other string of a line before it is written; errors keep their name, message and code and lose their stack. */
export function openLog(options: { readonly level: string; readonly file?: string; readonly redact: (text: string) => string }): Log {
  const opened = openFile(options.file);
  const destination = pino.destination({ dest: opened.fd, ...GATHER, sync: false, maxLength: MOST_WAITING });
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (entry) => redactEntry(entry, options.redact) },
      serializers: { err: (error: unknown) => error },
    },
    destination,
  );
  // A log that can't be written stops nothing: lines wait for the next write, up to MOST_WAITING.
  destination.on("error", () => undefined);
  if (opened.error) logger.warn({ file: options.file, err: opened.error }, "the log file can't be opened: lines go to stderr");
  return {
    logger,
    // Not flushSync, here or in pino's own handler at exit (which skips what is destroyed): it tries a full disk again and again, for good.
    flush: () =>
      new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          destination.destroy();
          resolve();
        };
        const timer = setTimeout(end, LAST_PATIENCE);
        destination.flush(end);
      }),
  };
}

const STDERR = 2;

/**
 * The descriptor of the log. Opened here and at once, because pino goes on writing to a file that it could not open, and that ends the process; without
 * waiting, because a FIFO would wait for its reader.
 */
function openFile(file: string | undefined): { readonly fd: number; readonly error?: unknown } {
  if (file === undefined) return { fd: STDERR };
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    mkdirSync(dirname(file), { recursive: true });
    return { fd: openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY, 0o600) };
  } catch (error) {
    return { fd: STDERR, error };
  }
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
