/**
 * A second implementation of C2SP signed notes and checkpoints, written for the tests from the texts alone (c2sp.org/signed-note,
 * c2sp.org/tlog-checkpoint) and sharing nothing with src/audit: it walks characters, imports keys as JWK and verifies with WebCrypto.
 */
import { createHash, webcrypto } from "node:crypto";

/** What a verified checkpoint says. */
export interface ReadCheckpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: string;
}

/** Opens a note with one known verifier key. Throws when the form is wrong, and when no line, or a wrong one, is of the key. */
export async function openNote(note: string, vkey: string): Promise<string> {
  if (!note.isWellFormed()) throw new Error("not UTF-8");
  for (const character of note) if (character < " " && character !== "\n") throw new Error("control character");
  if (!note.endsWith("\n")) throw new Error("no final newline");
  const lines = note.slice(0, -1).split("\n");
  const blank = lines.lastIndexOf("");
  if (blank <= 0) throw new Error("no blank line");
  const text = `${lines.slice(0, blank).join("\n")}\n`;
  const firstPlus = vkey.indexOf("+");
  const secondPlus = vkey.indexOf("+", firstPlus + 1);
  const name = vkey.slice(0, firstPlus);
  const typed = Buffer.from(vkey.slice(secondPlus + 1), "base64");
  const id = createHash("sha256").update(name).update("\n").update(typed).digest().readUInt32BE(0);
  if (id !== Number.parseInt(vkey.slice(firstPlus + 1, secondPlus), 16) || typed.readUInt8(0) !== 1) throw new Error("bad verifier key");
  const jwk = { kty: "OKP", crv: "Ed25519", x: typed.subarray(1).toString("base64url") };
  const key = await webcrypto.subtle.importKey("jwk", jwk, { name: "Ed25519" }, false, ["verify"]);
  let verified = false;
  for (const line of lines.slice(blank + 1)) {
    if (!line.startsWith("\u2014 ")) throw new Error("not a signature line");
    const space = line.indexOf(" ", 2);
    if (space < 3) throw new Error("signature without a name");
    const bytes = Buffer.from(line.slice(space + 1), "base64");
    if (line.slice(2, space) !== name || bytes.readUInt32BE(0) !== id) continue;
    if (!(await webcrypto.subtle.verify("Ed25519", key, bytes.subarray(4), Buffer.from(text))))
      throw new Error("signature does not verify");
    verified = true;
  }
  if (!verified) throw new Error("no signature of the key");
  return text;
}

/** Reads the text of a checkpoint. */
export function readCheckpoint(text: string): ReadCheckpoint {
  const [origin = "", size = "", root = "", ...rest] = text.split("\n");
  if (origin === "" || rest.pop() !== "" || rest.includes("")) throw new Error("not a checkpoint");
  if (BigInt(size).toString() !== size) throw new Error("leading zeroes");
  if (Buffer.from(root, "base64").length !== 32) throw new Error("not a root");
  return { origin, size: BigInt(size), root };
}
