/** Bytes to text: UTF-8, UTF-16 with its mark, or a description of what is binary. Bytes that are no text never throw and never vanish silently. */
import type { Flag } from "./flag.ts";

/** What is at the beginning of common binary files, so that their description can say what they are. */
const MAGIC: readonly (readonly [hex: string, name: string])[] = [
  ["89504e470d0a1a0a", "PNG image"],
  ["ffd8ff", "JPEG image"],
  ["47494638", "GIF image"],
  ["25504446", "PDF document"],
  ["504b0304", "ZIP archive"],
  ["1f8b", "gzip archive"],
  ["28b52ffd", "zstd archive"],
  ["fd377a585a00", "xz archive"],
  ["7f454c46", "ELF program"],
  ["cafebabe", "Java class"],
  ["0061736d", "WebAssembly module"],
  ["53514c69746520666f726d6174203300", "SQLite database"],
  ["52494646", "RIFF media"],
  ["4f676753", "Ogg media"],
  ["494433", "MP3 audio"],
  ["4d5a", "Windows program"],
];

/** Looked at to tell text from binary. */
const HEAD = 8192;

/**
 * Decodes bytes, whole or in chunks cut anywhere. Binary (more than a tenth of the beginning is no text) is described, not dumped. `flags` has `encoding` findings: `utf-16`, `replaced-bytes`, `binary`.
 */
export function decodeText(bytes: Uint8Array | readonly Uint8Array[]): { text: string; flags: Flag[] } {
  const whole = bytes instanceof Uint8Array ? bytes : Buffer.concat(bytes);
  const [first, second] = whole;
  if (first === 0xff && second === 0xfe) return wide(whole, "utf-16le");
  if (first === 0xfe && second === 0xff) return wide(whole, "utf-16be");
  const head = whole.subarray(0, HEAD);
  const order = wideOrder(head);
  if (order !== undefined) return wide(whole, order);
  if (isBinary(head)) return { text: describeBinary(whole), flags: [flag("binary", 1)] };
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(whole);
  const replaced = text.includes("\ufffd") ? text.split("\ufffd").length - 1 : 0;
  return { text, flags: replaced > 0 ? [flag("replaced-bytes", replaced)] : [] };
}

type WideEncoding = "utf-16le" | "utf-16be";

function wide(bytes: Uint8Array, encoding: WideEncoding): { text: string; flags: Flag[] } {
  return { text: new TextDecoder(encoding).decode(bytes), flags: [flag("utf-16", 1)] };
}

function flag(rule: string, count: number): Flag {
  return { kind: "encoding", rule, count };
}

/** UTF-16 without its mark: every second byte of mostly Latin text is NUL, and no other. */
function wideOrder(head: Uint8Array): WideEncoding | undefined {
  const zeros = [0, 0];
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const most = 0.4 * head.length;
  if (head.length < 8) return undefined;
  return odd >= most && even === 0 ? "utf-16le" : even >= most && odd === 0 ? "utf-16be" : undefined;
}

/** NUL bytes make it binary if a tenth of the beginning is no text either; one NUL in a log doesn't. ESC is left out, as coloured output has many. */
function isBinary(head: Uint8Array): boolean {
  let controls = 0;
  for (const byte of head) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) controls++;
  if (controls > head.length / 10) return true;
  if (!head.includes(0)) return false;
  const broken = new TextDecoder("utf-8").decode(head).split("\ufffd").length - 1;
  return controls + broken > head.length / 10;
}

function describeBinary(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 16)).toString("hex");
  const kind = MAGIC.find(([hex]) => head.startsWith(hex))?.[1] ?? "binary data";
  return `[BINARY ${bytes.length} bytes, ${kind}: not shown as text]`;
}

/** The same for a string that somebody decoded already: binary shows as NUL and replacement characters. */
export function describeBinaryText(text: string): string | undefined {
  if (!text.includes("\0")) return undefined;
  const head = text.slice(0, HEAD);
  const odd = head.match(/[\0-\x08\x0e-\x1a\x1c-\x1f\ufffd]/g)?.length ?? 0;
  return odd > head.length / 10 ? `[BINARY ${Buffer.byteLength(text)} bytes, binary data: not shown as text]` : undefined;
}
