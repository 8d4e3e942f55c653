/**
 * Checkpoints as C2SP signed notes: https://c2sp.org/signed-note (v1.0.0) and https://c2sp.org/tlog-checkpoint.
 * The text is three lines (origin, size, base64 root), then an empty line and one signature line for each key.
 */
import { hash, sign, verify, createPublicKey, type KeyObject } from "node:crypto";

/** Signature type of Ed25519 in signed notes. */
const ED25519 = 0x01;
/** The fixed DER head of an Ed25519 public key (RFC 8410): the 32 key bytes follow. */
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");

/** What a checkpoint says: the tree of `origin` had this root when it held `size` records. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
}

/** A public key as notes name it: `<name>+<key id>+<base64 of type and key>`. */
export type VerifierKey = string;

function keyId(name: string, key: Uint8Array): Buffer {
  return hash("sha256", Buffer.concat([Buffer.from(`${name}\n`), Uint8Array.of(ED25519), key]), "buffer").subarray(0, 4);
}

/** The verifier key of a private Ed25519 key under a name. */
export function verifierKey(name: string, key: KeyObject): VerifierKey {
  const raw = createPublicKey(key).export({ type: "spki", format: "der" }).subarray(SPKI_HEAD.length);
  return `${name}+${keyId(name, raw).toString("hex")}+${Buffer.concat([Uint8Array.of(ED25519), raw]).toString("base64")}`;
}

interface ParsedKey {
  readonly name: string;
  readonly id: Buffer;
  readonly key: KeyObject;
}

function parseKey(text: VerifierKey): ParsedKey {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text);
  const [, name, id, base64] = match ?? [];
  const bytes = Buffer.from(base64 ?? "", "base64");
  if (name === undefined || id === undefined || bytes.length !== 33 || bytes[0] !== ED25519)
    throw new Error(`not a verifier key: \`${text}\``);
  const raw = bytes.subarray(1);
  if (keyId(name, raw).toString("hex") !== id) throw new Error(`the id of the verifier key \`${text}\` does not fit its bytes`);
  return { name, id: Buffer.from(id, "hex"), key: createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: "der", type: "spki" }) };
}

/** Signs a checkpoint with one or more private keys, all under the origin as their name. Returns the whole note. */
export function signCheckpoint(checkpoint: Checkpoint, keys: readonly KeyObject[]): string {
  const text = `${checkpoint.origin}\n${checkpoint.size}\n${checkpoint.root.toString("base64")}\n`;
  const lines = keys.map((key) => {
    const { name, id } = parseKey(verifierKey(checkpoint.origin, key));
    return `— ${name} ${Buffer.concat([id, sign(null, Buffer.from(text), key)]).toString("base64")}\n`;
  });
  return `${text}\n${lines.join("")}`;
}

/** Reads a note without trusting it. Throws an Error that says what is wrong with its form. */
export function parseCheckpoint(note: string): Checkpoint {
  const split = note.lastIndexOf("\n\n");
  const text = note.slice(0, split + 1);
  const [origin, size, root, ...extensions] = text.split("\n").slice(0, -1);
  if (split < 0 || origin === undefined || size === undefined || root === undefined)
    throw new Error("not a checkpoint: it needs three lines and a signature");
  if (origin === "") throw new Error("not a checkpoint: the origin is empty");
  if (!/^(0|[1-9][0-9]{0,15})$/u.test(size)) throw new Error("not a checkpoint: the size is not a plain number");
  const bytes = Buffer.from(root, "base64");
  if (bytes.length !== 32 || bytes.toString("base64") !== root) throw new Error("not a checkpoint: the root is not 32 bytes of base64");
  if (extensions.includes("")) throw new Error("not a checkpoint: an extension line is empty");
  return { origin, size: Number(size), root: bytes };
}

/** Does the note carry a signature of this key, and only valid ones? Lines of other keys are ignored, as the format asks. */
export function isSignedBy(note: string, verifier: VerifierKey): boolean {
  const split = note.lastIndexOf("\n\n");
  if (split < 0) return false;
  const { name, id, key } = parseKey(verifier);
  const text = Buffer.from(note.slice(0, split + 1));
  const signatures = note
    .slice(split + 2)
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([dash, signer]) => dash === "—" && signer === name)
    .map(([, , base64 = ""]) => Buffer.from(base64, "base64"))
    .filter((bytes) => bytes.subarray(0, 4).equals(id));
  return signatures.length > 0 && signatures.every((bytes) => verify(null, text, key, bytes.subarray(4)));
}
