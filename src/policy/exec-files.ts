import type { PathOp } from "../types.ts";
import { compilePathGlob, type PathGlob } from "./path-glob.ts";

/**
 * Files that make other programs run: who writes them runs code later, outside of any sandbox. Sources:
 * CVE-2014-9390 (.git), CVE-2025-53773 (.vscode), CVE-2025-54135 and CVE-2025-54136 (.cursor, .mcp.json), CVE-2025-59536 (.claude), CVE-2025-61260 (.codex).
 */
const DIRECTORIES = [".git", ".husky", ".claude", ".cursor", ".vscode", ".idea", ".codex", ".gemini", ".zed", ".opencode", ".devin"];

const SHELL_STARTUP = [
  ".bashrc",
  ".bash_profile",
  ".bash_login",
  ".bash_logout",
  ".bash_aliases",
  ".profile",
  ".zshrc",
  ".zshenv",
  ".zprofile",
  ".zlogin",
  ".zlogout",
  ".kshrc",
  ".mkshrc",
  ".cshrc",
  ".tcshrc",
  ".login",
  ".logout",
  ".inputrc",
  ".xprofile",
  ".xinitrc",
  ".xsessionrc",
];

const FILES = [
  ".gitattributes",
  ".gitmodules",
  ".envrc",
  ".npmrc",
  ".yarnrc.yml",
  ".mcp.json",
  "opencode.json",
  "opencode.jsonc",
  ...SHELL_STARTUP,
];

/** What stays closed to git itself below `.git`: these run programs on the next git command. */
const GIT_RUNS = [
  "config",
  "config.worktree",
  "hooks/**",
  "info/attributes",
  "modules/**/config",
  "modules/**/config.worktree",
  "modules/**/hooks/**",
  "modules/**/info/attributes",
  "worktrees/**/config.worktree",
];

let compiled:
  | {
      readonly names: ReadonlySet<string>;
      readonly directories: ReadonlySet<string>;
      readonly fish: PathGlob;
      readonly git: readonly PathGlob[];
    }
  | undefined;

function tables(): NonNullable<typeof compiled> {
  compiled ??= {
    names: new Set([...FILES, ...DIRECTORIES]),
    directories: new Set(DIRECTORIES),
    fish: compilePathGlob("**/.config/fish/**"),
    git: GIT_RUNS.map(compilePathGlob),
  };
  return compiled;
}

/** The name in this workspace-relative path that makes it such a file (`.git`, `.npmrc`), or undefined. Any case. */
export function execName(lower: string): string | undefined {
  const { names, directories, fish } = tables();
  if (!lower.includes(".")) return undefined;
  const segments = lower.split("/");
  const last = segments.length - 1;
  const found = segments.find((segment, index) => (index === last ? names.has(segment) : directories.has(segment)));
  if (found !== undefined) return found;
  return fish.matchesAnyCase(lower, lower) ? "fish" : undefined;
}

/** Writing and deleting are closed; reading isn't the floor's business. */
export function changes(op: PathOp): boolean {
  return op === "write" || op === "delete";
}

/** Is this a path below `.git` that a git command which a rule allows may write by itself? */
export function gitMayWrite(lower: string): boolean {
  const [, inside] = /(?:^|\/)\.git\/(.+)$/.exec(lower) ?? [];
  return inside !== undefined && !tables().git.some((glob) => glob.matchesAnyCase(inside, inside));
}
