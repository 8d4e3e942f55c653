/** `portcullis serve`: opens the house and serves until the other side is gone. */
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { loadConfig, surroundings } from "../config/load.ts";
import { openLog } from "../log/log.ts";
import type { Log } from "../log/log.ts";
import { closeInherited } from "../sandbox/inherited.ts";
import { openHouse } from "../server.ts";
import type { House } from "../server.ts";
import { serveLines } from "../transport/stdio.ts";
import type { ServingOptions } from "./main.ts";
import { packageVersion } from "./version.ts";

/** Serves over stdio, or over HTTP where that is asked for; ends within two seconds after stdin does, or after a signal once what runs has ended. */
export async function serve(options: ServingOptions, onUrl?: (url: string) => void): Promise<void> {
  if (process.platform === "linux") closeInherited();
  const config = await loadConfig(options, surroundings());
  const version = packageVersion();
  let house: House | undefined;
  const redact = (text: string): string => house?.redact(text) ?? text; // before there is a house, nobody has called
  const log = openLog({
    ...config.log,
    redact,
    now: Date.now,
    clock: () => performance.now(),
    random: () => randomBytes(4).toString("hex"),
  });
  const crash = async (error: Error): Promise<void> => {
    // Node would print the message as it is, whatever it quotes.
    log.logger.fatal({ err: error, stack: error.stack }, "crashed");
    await log.flush();
    process.exit(1);
  };
  process.once("uncaughtException", (error) => void crash(error));
  house = await openHouse({ config, version, logger: log.logger, entry: entryWords(), droppedLines: () => log.dropped() });
  const about = { version, workspaces: house.workspaces, policy: house.policy().digest, state: config.state };
  if (config.http === undefined) {
    log.logger.info(about, "serving over stdio");
    if (process.stdin.isTTY) process.stderr.write(connectHint(config.workspaces));
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.stdin.destroy());
    await serveLines(house.stdio(), process.stdin, process.stdout, (error) => log.logger.warn({ err: error }, "protocol"));
  } else {
    const { openHttp } = await import("./serve-http.ts");
    const server = await openHttp(house, config.http, config.state, log.logger).catch(async (error: unknown) => {
      await end(house, log);
      throw error;
    });
    log.logger.info({ ...about, url: server.url }, "serving over HTTP");
    onUrl?.(server.url);
    await signalled();
    await server.close();
  }
  await end(house, log);
  process.exit(0);
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

/** How this very program is started again. */
export function entryWords(): string[] {
  return [process.execPath, fileURLToPath(new URL("./cli.js", import.meta.url))];
}

function connectHint(workspaces: readonly string[]): string {
  const entry = {
    mcpServers: {
      portcullis: { command: entryWords()[0], args: [entryWords()[1], "serve", ...workspaces.flatMap((path) => ["--workspace", path])] },
    },
  };
  return `portcullis serves ${workspaces.join(", ")} over stdio: a client starts it, not a person. Put this into your client's configuration:\n${JSON.stringify(entry, null, 2)}\n`;
}
