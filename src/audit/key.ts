/**
 * The two secrets of the audit, each in a file of its own with mode 0600: the Ed25519 key that signs checkpoints and the key of argument
 * digests. They are apart so that a rotation of the first leaves digests comparable. Both are made inside the transaction that starts a log, so
 * two processes never make them at the same time.
 */
import { createHmac, createPrivateKey, createSecretKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { Refusal } from "../types.ts";

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    // Expected before the first start.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Reads an Ed25519 private key (PKCS 8, PEM); undefined when there is no file. Throws a Refusal for a file that is no such key. */
export function readSigningKey(file: string): KeyObject | undefined {
  const pem = readIfThere(file);
  if (pem === undefined) return undefined;
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (error) {
    throw new Refusal(
      "AUDIT_UNAVAILABLE",
      "the audit key is not readable",
      "restore `audit.key` from a backup of the state directory",
      error,
    );
  }
  throw new Refusal("AUDIT_UNAVAILABLE", "the audit key is not an Ed25519 key", "restore `audit.key` from a backup of the state directory");
}

/** Makes a signing key and puts it at `file`, whole or not at all. */
export function createSigningKey(file: string): KeyObject {
  const key = generateKeyPairSync("ed25519").privateKey;
  writeWhole(file, key.export({ type: "pkcs8", format: "pem" }));
  return key;
}

function writeWhole(file: string, content: string | Buffer): void {
  writeFileSync(`${file}.tmp`, content, { mode: 0o600, flush: true });
  renameSync(`${file}.tmp`, file);
}

/** Reads the key of argument digests, 32 bytes, and makes it when it isn't there (older digests can't be compared then). */
export function loadDigestKey(file: string, random: (size: number) => Buffer): KeyObject {
  const bytes = readIfThere(file);
  if (bytes !== undefined && bytes.length === 32) return createSecretKey(bytes);
  if (bytes !== undefined)
    throw new Refusal("AUDIT_UNAVAILABLE", "the digest key is damaged", "restore `digest.key` from a backup of the state directory");
  const made = random(32);
  writeWhole(file, made);
  return createSecretKey(made);
}

/** The keyed digest of a text: `hmac-sha256:HEX`. Without the key nobody can try out which arguments were meant. */
export function keyedDigest(key: KeyObject, text: string): string {
  return `hmac-sha256:${createHmac("sha256", key).update(text).digest("hex")}`;
}
