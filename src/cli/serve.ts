/** `portcullis serve`: opens the house and serves until the other side is gone. */
import { randomBytes } from "node:crypto";
import { quoteWord } from "../compose/words.ts";
import { loadConfig, surroundings } from "../config/load.ts";
import type { Config, Flags } from "../config/load.ts";
import { openLog } from "../log/log.ts";
import type { Log, LogOptions } from "../log/log.ts";
import { closeInherited } from "../sandbox/inherited.ts";
import { openHouse } from "../server.ts";
import type { House } from "../server.ts";
import { serveLines } from "../transport/stdio.ts";
import { entryWords } from "./entry.ts";
import { packageVersion } from "./version.ts";

/** What `start` wants beside: any port when the one it named is taken, and to hear where it listens. */
interface HttpWishes {
  readonly anyPort?: boolean;
  readonly onUrl?: (url: string) => void;
}

/** Serves over stdio, or over HTTP where that is asked for; ends within two seconds after stdin does, or after a signal once what runs has ended. */
export async function serve(options: Flags, http: HttpWishes = {}): Promise<void> {
  if (process.platform === "linux") closeInherited();
  const config = await loadConfig(options, surroundings());
  const version = packageVersion();
  let house: House | undefined;
  const redact = (text: string): string => house?.redact(text) ?? text; // before there is a house, nobody has called
  const log = openLog({ level: config.log.level, redact, ...logFileOf(config.log) });
  const crash = async (error: Error): Promise<void> => {
    // Node would print the message as it is, whatever it quotes.
    log.logger.fatal({ err: error, stack: error.stack }, "crashed");
    await log.flush();
    process.exit(1);
  };
  process.once("uncaughtException", (error) => void crash(error));
  house = await openHouse({
    config,
    version,
    logger: log.logger,
    entry: config.entry ?? entryWords(),
    droppedLines: () => log.dropped(),
  });
  const about = { version, workspaces: house.workspaces, policy: house.policy().digest, state: config.state };
  const ended = new AbortController();
  void checkOnceListed(house, config, log, ended.signal);
  if (config.http === undefined) {
    log.logger.info(about, "serving over stdio");
    if (process.stdin.isTTY) process.stderr.write(connectHint(config.workspaces));
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.stdin.destroy());
    await serveLines(house.stdio(), process.stdin, process.stdout, (error) => log.logger.warn({ err: error }, "protocol"));
  } else {
    const { openHttp } = await import("./serve-http.ts");
    const server = await openHttp(house, config, { logger: log.logger, entry: entryWords(), anyPort: http.anyPort === true }).catch(
      async (error: unknown) => {
        await end(house, log);
        throw error;
      },
    );
    log.logger.info({ ...about, url: server.url }, "serving over HTTP");
    http.onUrl?.(server.url);
    await signalled();
    await server.close();
  }
  ended.abort();
  await end(house, log);
  process.exit(0);
}

/** What isn't well with the machine, told once nobody waits for the start any more. */
async function checkOnceListed(house: House, config: Config, { logger }: Log, signal: AbortSignal): Promise<void> {
  await house.listed;
  try {
    await (await import("./start-checks.ts")).logChecks(house, config, logger, signal);
  } catch (error) {
    logger.error({ err: error }, "the checks of the start could not be made");
  }
}

function logFileOf({ file, rotate }: Config["log"]): Pick<LogOptions, "file"> {
  if (file === undefined) return {};
  return { file: { file, rotate, now: Date.now, clock: () => performance.now(), random: () => randomBytes(4).toString("hex") } };
}

/** Resolves with the first signal to end; a second one ends the process at once, as signals do. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
}

async function end(house: House | undefined, log: Log): Promise<void> {
  await house?.close();
  log.logger.info("the connection has ended");
  await log.flush();
}

function connectHint(workspaces: readonly string[]): string {
  const connect = [...entryWords(), "connect", "CLIENT", ...workspaces.flatMap((path) => ["--workspace", path])].map(quoteWord).join(" ");
  return `portcullis serves ${workspaces.join(", ")} over stdio: a client starts it, not a person. This shows what to put into a client's configuration, and writes it with --write:\n${connect}\n`;
}
