/**
 * Runs inside the sandbox: tries what a hostile command would try and prints what came of it. Arguments: a file with attempts, in JSON.
 * It is a program of its own and imports nothing of ours.
 */
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";

/** What to send where, and then: raw pieces (base64), or TLS with a server name (empty for none). */
export interface Attempt {
  readonly name: string;
  readonly to: { readonly path: string } | { readonly host: string; readonly port: number };
  readonly send: string;
  readonly pieces?: readonly string[];
  readonly serverName?: string;
}

/** The status codes of all answers, and what was heard after them: the words of a body, `bytes`, or nothing. */
export interface Result {
  readonly name: string;
  readonly statuses: readonly string[];
  readonly heard: string;
}

/** Reads until the other side ends, or says nothing for a while. */
async function listen(socket: Socket, done: (all: string) => boolean): Promise<string> {
  let all = "";
  const { promise, resolve } = Promise.withResolvers<void>();
  const data = (chunk: Buffer): void => {
    all += chunk.toString("latin1");
    if (done(all)) resolve();
  };
  socket.on("data", data).once("end", resolve).once("close", resolve).once("error", resolve).setTimeout(1500, resolve);
  await promise;
  socket.off("data", data).pause();
  return all;
}

async function attempt({ name, to, send, pieces, serverName }: Attempt): Promise<Result> {
  const socket = connect({ ...to, allowHalfOpen: true });
  socket.on("error", () => undefined);
  socket.write(send, "latin1");
  const follows = pieces !== undefined || serverName !== undefined;
  let all = await listen(socket, (heard) => follows && heard.includes("\r\n\r\n"));
  if (follows && all.startsWith("HTTP/1.1 200")) {
    all += pieces ? await sendPieces(socket, pieces) : await speakTls(socket, serverName ?? "");
  }
  socket.destroy();
  const statuses = [...all.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status ?? "");
  const rest = all.replace(/^HTTP\/1\.1 200 Connection Established\r\n\r\n/, "");
  const heard = /reached (good|victim)/.exec(rest)?.[0] ?? (pieces && rest !== "" ? "bytes" : "");
  return { name, statuses, heard };
}

async function sendPieces(socket: Socket, pieces: readonly string[]): Promise<string> {
  const heard = listen(socket, (all) => all.length > 0);
  socket.resume();
  for (const piece of pieces) {
    await new Promise<void>((resolve) => {
      socket.write(Buffer.from(piece, "base64"), () => resolve());
    });
  }
  return heard;
}

async function speakTls(socket: Socket, serverName: string): Promise<string> {
  const secure = connectTls({ socket, ...(serverName !== "" && { servername: serverName }), rejectUnauthorized: false });
  secure.on("error", () => undefined);
  secure.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  return listen(secure, () => false);
}

const results: Result[] = [];
for (const row of JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Attempt[]) results.push(await attempt(row));
process.stdout.write(JSON.stringify(results));
