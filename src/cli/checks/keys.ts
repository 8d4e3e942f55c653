/** The secret keys in the state directory: there, whole, and nobody else's to read. */
import { join } from "node:path";
import { checkKey } from "../../config/state.ts";
import { fail, ok } from "./check.ts";
import type { Examination, Finding } from "./check.ts";
import type { Subject } from "./subject.ts";

export const keyChecks: readonly Examination[] = [
  { id: "keys", atStart: true, look: checkKeys, remedy: "Restore the key from a backup of the state directory." },
];

/** Bytes of the keys that are nothing but random bytes. */
const RANDOM_KEYS = { "seal.key": 32, "digest.key": 32 } as const;

/** A key that isn't there yet is made when it is first needed; but a log that was begun must have the key that signs it. */
async function checkKeys(subject: Subject): Promise<Finding> {
  const state = await subject.state();
  const found: string[] = Object.entries(RANDOM_KEYS).flatMap(([name, bytes]) => (checkKey(state, name, bytes) ? name : []));
  const { readSigningKey } = await import("../../audit/key.ts");
  const begun = (await subject.recent().catch(() => undefined)) !== undefined; // what is wrong with the audit is told there
  if (readSigningKey(join(state, "audit.key")) !== undefined) found.push("audit.key");
  else if (begun)
    return fail(
      "audit.key is missing",
      `Restore it from a backup of the state directory, or go on with a new one: ${await subject.command("keys", "rotate-audit", "--lost")}`,
    );
  return ok(found.length === 0 ? "no keys yet: they are made when they are first needed" : `${found.join(", ")}: whole and private`);
}
