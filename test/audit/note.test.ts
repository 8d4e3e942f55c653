import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { leafOf } from "../../src/audit/chain.ts";
import { isSignedBy, parseCheckpoint, signCheckpoint, verifierKey } from "../../src/audit/note.ts";
import { Tree } from "../../src/audit/tree.ts";
import { openNote, readCheckpoint } from "./signed-note.ts";
import { makeState, recordCalls, startAudit } from "./state.ts";

const ORIGIN = "portcullis/audit/0123456789abcdef";
const privateKey = () => generateKeyPairSync("ed25519").privateKey;

// The example of golang.org/x/mod/sumdb/note, the format's first implementation.
const NEUMANN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const NEUMANN_NOTE =
  "If you think cryptography is the answer to your problem,\n" +
  "then you don't know what your problem is.\n\n" +
  "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

describe("signed notes", () => {
  test("the published example of another implementation verifies, here and with the second implementation", async () => {
    expect(isSignedBy(NEUMANN_NOTE, NEUMANN_KEY)).toBe(true);
    await expect(openNote(NEUMANN_NOTE, NEUMANN_KEY)).resolves.toContain("cryptography");
  });

  test.each([
    { name: "with one letter changed", note: NEUMANN_NOTE.replace("answer", "answes") },
    { name: "with its signature cut", note: NEUMANN_NOTE.replace("yBwJnAM=", "yBwJ") },
    { name: "with another name on the line", note: NEUMANN_NOTE.replace("— Peter", "— Paul") },
    { name: "with a hyphen for the dash", note: NEUMANN_NOTE.replace("—", "-") },
    { name: "without its blank line", note: NEUMANN_NOTE.replace("\n\n", "\n") },
  ])("the example $name does not verify", async ({ note }) => {
    expect(isSignedBy(note, NEUMANN_KEY)).toBe(false);
    await expect(openNote(note, NEUMANN_KEY)).rejects.toThrow();
  });

  test("a verifier key whose id does not fit its bytes is refused", () => {
    expect(() => isSignedBy(NEUMANN_NOTE, NEUMANN_KEY.replace("c74f20a3", "c74f20a4"))).toThrow("does not fit its bytes");
  });
});

describe("checkpoints", () => {
  test("a checkpoint of a running log verifies with the second implementation, root recomputed from the stored bytes", async () => {
    const audit = startAudit(makeState());
    await recordCalls(audit, 0, 20);
    const note = audit.checkpoint();
    const first = JSON.parse(String(audit.db.prepare("SELECT body FROM record WHERE seq = 1").pluck().get())) as {
      origin: string;
      key: string;
    };
    const tree = new Tree();
    for (const body of audit.db.prepare<[], Buffer>("SELECT CAST(body AS BLOB) FROM record WHERE seq <= 41 ORDER BY seq").pluck().all())
      tree.append(leafOf(body));
    expect(readCheckpoint(await openNote(note, first.key))).toEqual({
      origin: first.origin,
      size: 41n,
      root: tree.root().toString("base64"),
    });
    audit.close();
  });

  test("after a rotation the checkpoint verifies with the old and the new key", async () => {
    const audit = startAudit(makeState());
    const keys = () =>
      audit.db.prepare<[], string>("SELECT body ->> 'key' FROM record WHERE body ->> 'kind' = 'system' ORDER BY seq").pluck().all();
    const note = audit.rotateKey();
    const [before, after] = keys();
    expect(before).not.toBe(after);
    await expect(openNote(note, before ?? "")).resolves.toBe(await openNote(note, after ?? ""));
    audit.close();
  });

  test("what is signed reads back as it was", () => {
    const checkpoint = { origin: ORIGIN, size: 1234, root: Buffer.alloc(32, 7) };
    const [key, other] = [privateKey(), privateKey()];
    const note = signCheckpoint(checkpoint, [key]);
    expect(parseCheckpoint(note)).toEqual(checkpoint);
    expect([key, other].map((each) => isSignedBy(note, verifierKey(ORIGIN, each)))).toEqual([true, false]);
  });

  const root = Buffer.alloc(32).toString("base64");
  test.each([
    { name: "nothing", note: "", says: "it needs three lines and a signature" },
    { name: "no signature part", note: `${ORIGIN}\n1\n${root}\n`, says: "it needs three lines and a signature" },
    { name: "two lines", note: `${ORIGIN}\n1\n\n— a b\n`, says: "it needs three lines and a signature" },
    { name: "an empty origin", note: `\n1\n${root}\n\n— a b\n`, says: "the origin is empty" },
    { name: "a size with a leading zero", note: `${ORIGIN}\n01\n${root}\n\n— a b\n`, says: "the size is not a plain number" },
    { name: "a negative size", note: `${ORIGIN}\n-1\n${root}\n\n— a b\n`, says: "the size is not a plain number" },
    {
      name: "a root of 31 bytes",
      note: `${ORIGIN}\n1\n${Buffer.alloc(31).toString("base64")}\n\n— a b\n`,
      says: "the root is not 32 bytes",
    },
    { name: "a root with loose base64", note: `${ORIGIN}\n1\n${root.replace("=", "")}\n\n— a b\n`, says: "the root is not 32 bytes" },
  ])("$name is not a checkpoint", ({ note, says }) => {
    expect(() => parseCheckpoint(note)).toThrow(says);
  });
});
