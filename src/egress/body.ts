import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { Refusal } from "../types.ts";
import type { Answer } from "./dial.ts";
import { explainFailure } from "./dial.ts";

/** A body as far as it was read: decoded bytes, bytes from the wire, and the limit that cut it. */
export interface Body {
  readonly bytes: Buffer;
  readonly wire: number;
  readonly cut?: "size" | "time";
}

const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** What we ask for and can undo. */
export const ACCEPT_ENCODING = "gzip, deflate, br";

/**
 * Reads at most `limit` bytes, of the wire and of what it unpacks to, whichever is met first: a bomb of a few kilobytes stops where any other
 * long body would. When `signal` fires with TIMEOUT, what came until then is kept; any other reason is thrown. Refusal FAILED for a coding that
 * is unknown, doubled or broken.
 */
export async function readBody(answer: Answer, host: string, limit: number, signal: AbortSignal): Promise<Body> {
  const { "content-encoding": header = "identity" } = answer.headers;
  const coding = String(header).trim().toLowerCase() || "identity";
  const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  if (!decoder && coding !== "identity") throw new Refusal("FAILED", `\`${host}\` answered in an unknown coding`, "try another URL");

  const chunks: Buffer[] = [];
  let wire = 0;
  let size = 0;
  let cut: Body["cut"];
  const take = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of answer.body) {
      wire += chunk.length;
      yield chunk;
      if (wire <= limit) continue;
      cut = "size";
      return;
    }
  };
  const keep = async (decoded: AsyncIterable<Buffer | string>): Promise<void> => {
    for await (const chunk of decoded as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= limit) continue;
      cut = "size";
      return;
    }
  };
  try {
    if (decoder) await pipeline(Readable.from(take()), decoder(), keep);
    else await keep(take());
  } catch (error) {
    if (cut === undefined) cut = cutBy(signal, host, error);
  }
  return { bytes: Buffer.concat(chunks).subarray(0, limit), wire, ...(cut && { cut }) };
}

function cutBy(signal: AbortSignal, host: string, error: unknown): "time" {
  const reason: unknown = signal.aborted ? signal.reason : error;
  if (reason instanceof Refusal && reason.code === "TIMEOUT") return "time";
  const code = reason instanceof Error && "code" in reason ? String(reason.code) : "";
  if (/^(Z_|ERR__|ERR_BROTLI)/.test(code))
    throw new Refusal("FAILED", `\`${host}\` sent a body that doesn't unpack`, "try another URL", error);
  throw explainFailure(host, reason, true);
}
