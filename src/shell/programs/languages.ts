/** Interpreters: a program text, a script file or a preloaded module is code, whoever wrote it, so it is covered only when a pattern names it. */
import type { Program } from "../program.ts";
import { readInto } from "../read-program.ts";
import { uses } from "../view.ts";
import type { View } from "../view.ts";

/** The first operand is a script; what follows is the script's own. */
function runsScript(...withoutScript: string[]): (view: View) => void {
  return (view) => {
    const [script] = view.operands;
    if (uses(view, ...withoutScript)) return;
    if (script === undefined) view.opaque.push(`${view.words[0] ?? "?"} runs what it reads from standard input`);
    else {
      view.hazards.push({ word: script.word, reason: "a script that would run" });
      if (script.text !== "-") view.paths.push({ op: "read", path: script.text });
    }
  };
}

function interpreter(options: string, ...withoutScript: string[]): Program {
  return { options, optionsFirst: true, examine: runsScript("--version", "--help", "-h", ...withoutScript) };
}

/** `python3 -m NAME`: the module's own table goes on where there is one. `modules` is asked late, so that tables may refer to each other. */
export function python(modules: () => Readonly<Record<string, Program>>): Program {
  return {
    options: "-B -E -I -O -OO -q -s -S -u -v -b -bb -d -V,--version -VV -h,--help !-x !-i !-c= -m= !-X= !-W= !-P --check-hash-based-pycs=",
    optionsFirst: true,
    lastOptions: "-m -c",
    examine: (view) => {
      const module = view.seen.find(({ name }) => name === "-m");
      if (module === undefined) {
        if (!uses(view, "-c")) runsScript("-V", "-VV", "--version", "-h", "--help")(view);
        return;
      }
      const name = module.value ?? null;
      const at = name !== null && view.words[module.word + 1] === name ? module.word + 1 : module.word;
      view.hazards.push({ word: at, reason: "a module that would run" });
      const table = name === null ? undefined : modules()[name];
      view.operands.length = 0;
      if (table !== undefined) readInto(view, table, at + 1);
      // The options of a module without a table are not known: each needs to be named.
      else
        for (let i = at + 1; i < view.words.length; i++)
          if (view.words[i]?.startsWith("-")) view.hazards.push({ word: i, reason: "an option of a module we don't know" });
    },
  };
}

/** `node`: everything but its version and its test runner takes code by name. */
const NODE: Program = {
  options:
    "-v,--version -h,--help !-e,--eval= !-p,--print=? !-c,--check !-i,--interactive !-r,--require= !--import= !--loader,--experimental-loader= --test --test-name-pattern= --test-skip-pattern= --test-only --test-reporter= --test-concurrency= --test-timeout= --test-force-exit --test-shard= !--test-reporter-destination= --experimental-test-coverage --test-coverage-lines= --test-coverage-branches= --test-coverage-functions= --no-warnings --trace-warnings --trace-deprecation --enable-source-maps --experimental-strip-types --no-experimental-strip-types --experimental-transform-types --max-old-space-size= --stack-trace-limit= --unhandled-rejections= --throw-deprecation !--watch !--env-file= !--run= !-C,--conditions= !--inspect=? !--inspect-brk=? !--experimental-default-type= !--icu-data-dir= !--openssl-config=",
  optionsFirst: true,
  examine: (view) => {
    if (uses(view, "--test")) {
      const test = view.seen.find(({ name }) => name === "--test");
      view.hazards.push({ word: test?.word ?? 1, reason: "test files that would run" });
      for (const { text } of view.operands) view.paths.push({ op: "read", path: text });
      return;
    }
    if (!uses(view, "-e", "--eval", "-p", "--print")) runsScript("-v", "--version", "-h", "--help")(view);
  },
};

/** Without a subcommand it is an interpreter that reads standard input. */
function noRepl(view: View): void {
  if (view.operands.length === 0 && view.seen.length === 0)
    view.opaque.push(`${view.words[0] ?? "?"} runs what it reads from standard input`);
}

export const languages: Readonly<Record<string, Program>> = {
  node: NODE,
  nodejs: NODE,
  deno: {
    examine: noRepl,
    subcommands: { "fmt lint check": { options: "--check --quiet -q --unstable", operands: "read" }, info: { operands: "read" } },
    options: "-V,--version -h,--help !-A",
  },
  bun: {
    subcommands: { pm: { operands: "code" } },
    options:
      "-v,--version --revision -h,--help !-e,--eval= !-p,--print= !-r,--preload= !-c,--config=? !--cwd= !-b,--bun !-i !--env-file= !--smol !--watch !--hot",
  },
  tsx: interpreter("-v,--version -h,--help"),
  "ts-node": interpreter("-v,--version -h,--help"),
  ruby: interpreter("-v --version -h --help -w -W=? !-e= !-r= !-I= !-n !-p !-a !-i=? !-l !-S !-x=? !-C= !-E= !-0 !-s !-K=", "-v"),
  perl: interpreter(
    "-v --version -h --help -w -W -X -t -T !-e= !-E= !-M= !-m= !-I= !-n !-p !-a !-F= !-i=? !-l=? !-0=? !-S !-x=? !-d !-D !-c !-s !-V -u",
    "-v",
  ),
  php: interpreter(
    "-v,--version -h,--help -m,--modules -i,--info !-r= !-B= !-R= !-F= !-E= !-S= !-t= !-d= !-c= !-n !-z= !-f,--file= !-a,--interactive !-l,--syntax-check",
    "-v",
    "-m",
    "-i",
  ),
  lua: interpreter("-v !-e= !-l= !-i", "-v"),
  luajit: interpreter("-v !-e= !-l= !-b !-j= !-i", "-v"),
  Rscript: interpreter("--version --help !-e= !--vanilla"),
  R: interpreter("--version --help !-e= !-f= !--file="),
  julia: interpreter("-v,--version -h,--help !-e= !-E= !-L= !--project=?", "-v"),
  java: interpreter("-version --version -help --help !-jar= !-cp= !-classpath= !-javaagent= !-agentlib= !-D= !-m="),
  groovy: interpreter("-v -h !-e="),
  scala: interpreter("-version -help !-e="),
  elixir: interpreter("-v,--version -h,--help !-e,--eval= !-r= !-S= !--rpc-eval="),
  erl: interpreter("!-eval= !-s= !-run="),
  ghci: interpreter("--version --help !-e="),
  runghc: interpreter("--version --help"),
  swift: interpreter("--version --help"),
  tclsh: interpreter(""),
  guile: interpreter("-v,--version -h,--help !-c= !-l= !-e= !-s="),
  racket: interpreter("-v,--version -h,--help !-e= !-r= !-l="),
  bc: {
    options: "-l,--mathlib -q,--quiet -s,--standard -w,--warn -h,--help -v,--version -i,--interactive",
    operands: "read",
    bare: "input",
    set: "read-basic",
  },
  dc: { options: "-h,--help -V,--version", operands: "code" },
};
