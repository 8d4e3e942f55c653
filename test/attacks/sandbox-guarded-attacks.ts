import { existsSync } from "node:fs";
import { changes, inside, leaks, perl, rows } from "./sandbox-proofs.ts";
import type { Attack } from "./sandbox-proofs.ts";
import type { Guard } from "./sandbox-scene.ts";
import { callNumber as call } from "./sandbox-victim.ts";

const MASKED: Guard = { masked: [".env", "config/.env", "keys"] };
/** Only for backends that can hide and protect inside a workspace. */
export const GUARDED_ATTACKS: readonly Attack[] = [
  ...rows(
    leaks,
    [
      ["reads a denied file", "cat .env"],
      ["reads a denied file by its full name", "cat /proc/self/root$WS/.env"],
      ["reads a denied file through a hard link", "ln .env h; cat h"],
      ["reads a denied file through a link", "ln -s config c; cat c/.env"],
      ["reads a denied file after moving its directory", "mv config moved; cat moved/.env"],
      ["reads a denied file after moving it", "mv .env x; cat x"],
      ["reads a denied file by copying its directory", "cp -r config copy; cat copy/.env"],
      ["reads a denied file with grep", "grep -r . --include=.env"],
      [
        "reads a denied file through O_PATH",
        perl(`$n = ".env"; $f = syscall(${call(257, 56)}, -100, $n, 010000000, 0); open F, "<", "/proc/self/fd/$f"; print <F>`),
      ],
      [
        "reads a denied file by unmounting",
        "unshare --user --map-root-user --mount sh -c 'umount .env config/.env keys 2> /dev/null; cat .env'",
      ],
      ["reads in a denied directory", "cat keys/id"],
      ["reads in a denied directory after opening its mode", "chmod 700 keys; cat keys/id"],
      ["shows a denied file with git", "git diff --no-index /dev/null .env"],
      ["packs denied files", "tar -cf - . | tar -xO"],
    ],
    MASKED,
  ),
  ...rows(
    changes(".git/config", "[core]\n"),
    [
      ["changes a protected file", "echo x >> .git/config"],
      ["replaces a protected file", "echo x > n; mv -f n .git/config"],
      ["removes a protected file", "rm -f .git/config"],
      ["moves the directory of a protected file", "mv .git old; mkdir .git; echo x > .git/config"],
      ["changes a protected file through a hard link", "ln .git/config c; echo x >> c"],
      ["changes a protected file through its descriptor", "exec 9< .git/config; echo x >> /proc/self/fd/9"],
      ["changes a protected file with git", "git config core.fsmonitor x; git config -f .git/config core.pager y"],
      ["empties a protected file", perl('truncate ".git/config", 0')],
    ],
    { readOnly: [".git/config", ".git/hooks", ".vscode"] },
  ),
  ...rows(
    (after) => existsSync(inside(".git/hooks/pre-commit", after)) || existsSync(inside(".vscode/settings.json", after)),
    [
      ["adds a hook", "echo x > .git/hooks/pre-commit"],
      ["replaces the directory of hooks", "mkdir n; echo x > n/pre-commit; rm -rf .git/hooks; mv -T n .git/hooks"],
      ["adds an editor's settings", "echo x > .vscode/settings.json"],
    ],
    { readOnly: [".git/config", ".git/hooks", ".vscode"] },
  ),
];
