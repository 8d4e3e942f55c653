/**
 * Real bash as a witness: runs texts in an empty root without network, programs or rights, and says which argvs it would have executed.
 * Needs bubblewrap. Builtins that exist as programs are switched off, so everything ends in `command not found`, which counts as `status`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Directories that exist where the texts run, below `HERE`. */
export const DIRECTORIES = ["src", "a", "sub", "packages/core"];
export const HERE = "/e";

const DRIVER = `
enable -n printf test [ pwd true false kill
set -f
command_not_found_handle() { return $GIVEN; }
export -n GIVEN
PS4=$'\\002mark\\002'
exec 199>&1
BASH_XTRACEFD=199
n=0
while IFS= read -r -d '' text; do
  builtin echo "" >&199
  builtin echo $'\\003record\\003' >&199
  ( trap 'exit 0' HUP; PATH=/nothing; cd ${HERE}; set -x; eval -- "$text" ) </dev/null >/dev/null 2>&1
done
exit 0
`;

/** The libraries a dynamic bash needs, as absolute paths. */
function libraries(bash: string): string[] {
  const listed = execFileSync("ldd", [bash], { encoding: "utf8" });
  return [...listed.matchAll(/(\/\S+)\s+\(0x/g)].map((match) => match[1] ?? "").filter((path) => path !== "");
}

const SIMPLE: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", E: "\u001b", a: "\u0007", b: "\b", f: "\f", v: "\v" };

/** Reads one line of xtrace back into words: bash quotes with '...', \\', $'...' there. */
function unquote(trace: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < trace.length;) {
    const c = trace[at] ?? "";
    if (c === " ") {
      if (word !== null) words.push(word);
      word = null;
      at++;
      continue;
    }
    word ??= "";
    if (c === "'") {
      const end = trace.indexOf("'", at + 1);
      word += trace.slice(at + 1, end);
      at = end + 1;
    } else if (c === "\\") {
      word += trace[at + 1] ?? "";
      at += 2;
    } else if (c === "$" && trace[at + 1] === "'") {
      let end = at + 2;
      while (trace[end] !== "'") end += trace[end] === "\\" ? 2 : 1;
      // In the C locale every byte above 127 is an octal escape.
      const bytes = trace
        .slice(at + 2, end)
        .replace(/\\([0-7]{3}|.)/gs, (_all, escape: string) =>
          escape.length === 3 ? String.fromCharCode(parseInt(escape, 8)) : (SIMPLE[escape] ?? escape),
        );
      word += Buffer.from(bytes, "latin1").toString("utf8");
      at = end + 1;
    } else {
      word += c;
      at++;
    }
  }
  if (word !== null) words.push(word);
  return words;
}

/** For each text the argvs that bash executes, in order; assignments before a command are left out. `status`: what every program returns. */
export function runInBash(texts: readonly string[], status: 0 | 1): string[][][] {
  const bash = "/bin/bash";
  const folder = mkdtempSync(join(tmpdir(), "witness-"));
  try {
    const driver = join(folder, "driver");
    writeFileSync(driver, DRIVER);
    const binds = [...new Set(libraries(bash))].flatMap((path) => ["--ro-bind", path, path]);
    const made = DIRECTORIES.flatMap((name) => ["--dir", `${HERE}/${name}`]);
    const {
      stdout,
      status: exit,
      stderr,
    } = spawnSync(
      "bwrap",
      // prettier-ignore
      ["--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv", "--setenv", "GIVEN", String(status),
        "--size", "8388608", "--tmpfs", "/", "--ro-bind", bash, "/bash", ...binds, "--dev", "/dev", ...made, "--ro-bind", driver, "/driver", "--chdir", HERE, "/bash", "--norc", "--noprofile", "/driver"],
      { input: texts.map((text) => `${text}\0`).join(""), maxBuffer: 1 << 29, timeout: 600_000, encoding: "utf8" },
    );
    if (exit !== 0) throw new Error(`the witness failed: ${stderr}`);
    const records = stdout.split("\n\u0003record\u0003\n").slice(1);
    if (records.length !== texts.length) throw new Error(`${texts.length} texts, but ${records.length} records`);
    return records.map((record) =>
      record
        .split(/\n?\u0002+mark\u0002/)
        .slice(1)
        .map((trace) => unquote(trace.replace(/\n$/, "")))
        .filter(
          (words) => words.join(" ") !== `return ${status}` && words[0] !== "eval" && !words.every((word) => /^[A-Za-z_]\w*=/.test(word)),
        ),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
