import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const CHILD = join(import.meta.dirname, "full-disk-child.ts");
/** A mount namespace of one's own needs root or user namespaces; where neither is, the file size limit shows the same paths. */
const canMount = spawnSync("unshare", ["-rm", "true"]).status === 0;

const EFBIG = "FAILED: the file would be larger than the system allows; nothing was changed";
const ENOSPC = "FAILED: the disk is full; nothing was changed";

const LANES: [string, string, string[]][] = [
  ["a file size limit (RLIMIT_FSIZE)", EFBIG, ["sh", "-c", 'ulimit -f 8 && exec "$0" "$1" "$2"']],
  ["a full disk (tmpfs of 32 KiB)", ENOSPC, ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=32k tmpfs "$2" && exec "$0" "$1" "$2"']],
];

test.each(LANES.filter(([, refused]) => canMount || refused === EFBIG))(
  "%s: a clear refusal, the old content, nothing left behind",
  (_name, refused, [command = "", ...args]) => {
    const root = mkdtempSync(join(tmpdir(), "portcullis-full-"));
    try {
      const told = execFileSync(command, [...args, process.execPath, CHILD, root], { encoding: "utf8" });
      expect(JSON.parse(told)).toEqual({
        outcomes: { overwrite: refused, append: refused, inPlace: refused, inPlaceAppend: refused, create: refused, small: "done" },
        files: { "old.txt": "old content", "linked.txt": "linked content", "linked-too.txt": "linked content", "small.txt": "fits" },
      });
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
);
