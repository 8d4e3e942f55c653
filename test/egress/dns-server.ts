import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv4, isIPv6 } from "node:net";
import { classify } from "../../src/egress/address.ts";

/** Answers by name, one list a look-up (A and AAAA together); the last one stays. `null` is a server that says nothing. */
export type Script = Readonly<Record<string, readonly (readonly string[] | null)[]>>;

export interface DnsServer {
  /** `127.0.0.1:port`, as `egress.dns` takes it. */
  readonly address: string;
  /** Names asked for, one entry a question. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** A name server on loopback that answers by script; names outside it get `otherwise`. RFC 1035, the few lines that c-ares needs. */
export async function serveDns(script: Script, otherwise: readonly string[]): Promise<DnsServer> {
  const asked: string[] = [];
  const seen = new Map<string, number>();
  const socket = createSocket("udp4");
  socket.on("message", (question, peer) => {
    const { name, type, end } = readQuestion(question);
    const turn = seen.get(`${name} ${type}`) ?? 0;
    seen.set(`${name} ${type}`, turn + 1);
    asked.push(name);
    const turns = script[name] ?? [otherwise];
    const answer = turns[Math.min(turn, turns.length - 1)];
    if (!answer) return;
    const records = answer.filter((address) => (type === 1 ? isIPv4(address) : type === 28 && isIPv6(address)));
    const head = Buffer.from(question.subarray(0, end));
    head.writeUInt16BE(0x8180, 2);
    head.writeUInt16BE(records.length, 6);
    head.fill(0, 8, 12);
    socket.send(Buffer.concat([head, ...records.map((address) => record(type, address))]), peer.port, peer.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    close: async () => {
      socket.close();
      await once(socket, "close");
    },
  };
}

function readQuestion(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let size = message[at] ?? 0; size > 0; size = message[at] ?? 0) {
    labels.push(message.toString("latin1", at + 1, at + 1 + size));
    at += size + 1;
  }
  return { name: labels.join(".").toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function record(type: number, address: string): Buffer {
  const data = type === 1 ? Buffer.from(address.split(".").map(Number)) : bytes6(address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // the name of the question
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function bytes6(address: string): Buffer {
  const [before = "", after = ""] = classify(address).address.split("::");
  const left = before.split(":").filter(Boolean);
  const right = after.split(":").filter(Boolean);
  const words = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => "0"), ...right];
  return Buffer.from(words.flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 255]));
}
