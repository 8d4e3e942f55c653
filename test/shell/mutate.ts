/** Seeds and seeded mutations of command texts, for the fuzz against real bash. */
import { readFileSync } from "node:fs";

/** Common shapes that the corpus has few of. */
const EXTRA = [
  "ls -la src | head -5 && wc -l a",
  "cd src && git diff --stat; cd .. ; pwd",
  'X=1 NODE_ENV=test npm test 2>&1 | tail -20 || echo "failed: $?"',
  "cat <<'EOF' | grep -n 'x y'\none $two `three`\nEOF\necho done",
  "time -p git log --format='%h %s' -5 > out 2>&1",
  "printf '%s\\n' \"a b\" 'c'\\''d' e\\ f $'g\\th' *.ts [ab]?.js ~ {} stash@{0}",
  "sort < a > b 2>/dev/null >>c; uniq -c <<< 'x y' | sed -n '1,3p'",
  'command -v node && type ls; test -f a -a ! -d b || [ "$?" = 0 ]',
  "env FOO=1 timeout 5 nice -n 3 bash -c 'ls; echo \"x y\"' 3>&1 4<&-",
  "find . -name '*.ts' -exec grep -l 'a b' {} + | xargs -0 wc -l # comment 'quote",
  "git commit -m 'feat: add (x) & <y>' --author=\"A <a@b>\" \\\n  --no-verify",
  "echo a&&echo b||echo c;echo d\necho e|cat>f",
];

/** The corpus and the shapes above. */
export function seeds(): string[] {
  const rows = readFileSync(new URL("../cases/shell.jsonl", import.meta.url), "utf8")
    .trim()
    .split("\n");
  const corpus = rows
    .map((row) => (JSON.parse(row) as { input: string }).input.replace(/[\u27e6\u27e7]/g, ""))
    .filter((text) => text.length < 500);
  return [...corpus, ...EXTRA];
}

const PIECES = [
  " ",
  "  ",
  "\t",
  "\n",
  ";",
  "&",
  "&&",
  "|",
  "||",
  "<",
  ">",
  ">>",
  "<<",
  "<<-",
  "<<<",
  "&>",
  ">&",
  "<&",
  ">|",
  "2>&1",
  "-",
  "--",
  "'",
  '"',
  "\\",
  "\\\n",
  "$",
  "$'",
  '$"',
  "$(",
  "${",
  "`",
  "(",
  ")",
  "{",
  "}",
  "[",
  "]",
  "[[",
  "!",
  "*",
  "?",
  "~",
  "#",
  " #",
  "=",
  "+=",
  "a=",
  ",",
  "..",
  "{a,b}",
  "{1..3}",
  "%",
  "^",
  "@",
  ":",
  "0",
  "1",
  "3",
  "$?",
  "$x",
  "''",
  '""',
  "time ",
  "if ",
  "do",
  "case x in",
  "esac",
  "then",
  "EOF",
  "<<EOF\n",
  "\nEOF\n",
  "cd src",
  "x",
  "\\t",
  "\\x41",
  "é",
  "\r",
  "\u00a0",
];

/** A pure pseudo-random generator of numbers below `n` (mulberry32). */
export function generator(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** `count` mutated texts: one to four insertions, deletions, replacements, doublings or splices each. */
export function mutations(count: number, seed: number): string[] {
  const next = generator(seed);
  const all = seeds();
  const pick = <T>(from: readonly T[]): T => from[next(from.length)] as T;
  return Array.from({ length: count }, () => {
    let text = pick(all);
    for (let times = 1 + next(4); times > 0; times--) {
      const at = next(text.length + 1);
      const end = Math.min(text.length, at + 1 + next(4));
      const kind = next(6);
      if (kind === 0) text = text.slice(0, at) + text.slice(end);
      else if (kind === 1) text = text.slice(0, at) + pick(PIECES) + text.slice(end);
      else if (kind === 2) text = text.slice(0, end) + text.slice(at);
      else if (kind === 3) text = text.slice(0, at) + pick([" ", ";", " && ", "|", "\n", ""]) + pick(all).slice(next(10));
      else text = text.slice(0, at) + pick(PIECES) + text.slice(at);
    }
    return text.slice(0, 2000);
  });
}
