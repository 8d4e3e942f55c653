import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAMILIES } from "../../src/metrics/families.ts";

test("docs/observability.md names every metric that is counted, with its labels", () => {
  const text = readFileSync(join(import.meta.dirname, "..", "..", "docs", "observability.md"), "utf8");
  const rows = text.matchAll(/^\| `(portcullis_\w+)` \| ([\w, ]*)\|/gm);
  const told = Object.fromEntries(
    [...rows].map(([, name, labels = ""]) => [
      name,
      labels
        .split(",")
        .map((label) => label.trim())
        .filter(Boolean),
    ]),
  );
  const { portcullis_sessions: sessions, portcullis_audit_queue: queue, ...counted } = told;
  expect([sessions, queue]).toEqual([[], []]);
  expect(counted).toEqual(Object.fromEntries(Object.entries(FAMILIES).map(([name, { labels }]) => [name, [...labels]])));
});
