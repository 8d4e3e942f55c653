/**
 * Programs that run the command they are given. What they run becomes a command of its own, so the tables here say exactly where it
 * begins; an option we don't know moves that place, so it makes the call opaque.
 */
import type { Word } from "../../types.ts";
import { isHarmlessVariable } from "../environment.ts";
import type { Program } from "../program.ts";
import { uses, valuesOf } from "../view.ts";
import type { View } from "../view.ts";
import { standIn } from "./find.ts";

/** An option that isn't known, or can do more, leaves open what runs. */
function closeHazards(view: View): void {
  for (const { reason } of view.hazards) view.opaque.push(`${view.words[0] ?? "?"}: ${reason}`);
}

/** The command begins at operand number `first`. */
function runsFrom(first: number): (view: View) => void {
  return (view) => {
    closeHazards(view);
    const start = view.operands[first];
    if (start !== undefined) view.inner.push({ words: view.words.slice(start.word), at: start.word });
  };
}

function wrapper(options: string, first = 0): Program {
  return { options: `${options} --help --version`, optionsFirst: true, examine: runsFrom(first) };
}

/** Programs that run a command with other rights, in another place or later: the command is shown, and its name is a hazard too. */
function elevates(view: View): void {
  const start = view.operands.find(({ text }) => text === null || !/^[A-Za-z_]\w*=/.test(text));
  if (start === undefined) {
    view.opaque.push(`${view.words[0] ?? "?"} starts a shell or a service`);
    return;
  }
  view.hazards.push({ word: start.word, reason: `\`${view.words[0] ?? "?"}\` runs it elsewhere or with other rights` });
  view.inner.push({ words: view.words.slice(start.word), at: start.word });
}
const ELEVATES: Program = { options: "-n -H -E -A -b -k -S -u= -g=", optionsFirst: true, examine: elevates };

function examineEnv(view: View): void {
  closeHazards(view);
  const environment: string[] = [];
  let at = 0;
  for (; at < view.operands.length; at++) {
    const text = view.operands[at]?.text ?? null;
    const equals = text?.indexOf("=") ?? -1;
    if (text === null || equals < 0) break;
    const name = text.slice(0, equals);
    environment.push(name);
    if (!isHarmlessVariable(name, text.slice(equals + 1))) view.opaque.push(`sets \`${name}\`, which can change what runs`);
  }
  const [base] = valuesOf(view, "-C", "--chdir");
  const start = view.operands[at];
  if (base !== undefined) view.paths.push({ op: "list", path: base });
  if (start === undefined) return;
  view.inner.push({ words: view.words.slice(start.word), at: start.word, environment, ...(base === undefined ? {} : { base }) });
}

function examineXargs(view: View): void {
  closeHazards(view);
  const listed = valuesOf(view, "-a", "--arg-file");
  for (const path of listed) view.paths.push({ op: "read", path });
  if (listed.length === 0) view.input = true;
  const [start] = view.operands;
  const fixed: Word[] = start === undefined ? ["echo"] : view.words.slice(start.word);
  // Names from `find DIR -print0` are below DIR and can't look like options: DIR stands in for them, twice, as there may be many.
  const certain = listed.length === 0 && uses(view, "-0", "--null") && (view.feed?.length ?? 0) <= 50 ? view.feed : null;
  const added: readonly Word[] = certain === null ? [null] : [...certain, ...certain];
  const replaced = view.seen.find(({ name }) => name === "-I" || name === "-i" || name === "--replace");
  const name = replaced === undefined ? null : (replaced.value ?? "{}");
  const words = name === null || name === "" ? [...fixed, ...added] : standIn(fixed, name, certain ?? [null]);
  view.inner.push({ words, ownInput: true, ...(start === undefined ? {} : { at: start.word }) });
}

/** `sh -c TEXT`: the text is read as a command line of its own; a script file or standard input is code. */
function shell(posix: boolean): Program {
  return {
    options:
      "-c -e -u -x -f -n -v -a -b -h -m -C -E -T -B -P -o= --norc --noprofile --posix --verbose --help --version !-i !-l !--login !-s !-r !--restricted !--rcfile= !--init-file= !-O= !-D !--debugger !-p",
    optionsFirst: true,
    examine: (view) => {
      closeHazards(view);
      if (uses(view, "-n", "-a", "-B", "-f", "--posix") || valuesOf(view, "-o").some((value) => value !== "pipefail"))
        view.opaque.push("shell options that change how text is read");
      const [first] = view.operands;
      if (uses(view, "-c") && first !== undefined && first.text !== null) view.texts.push({ word: first.word, posix });
      else if (first !== undefined && !uses(view, "-c")) {
        view.paths.push({ op: "read", path: first.text });
        view.hazards.push({ word: first.word, reason: "a shell script that would run" });
      } else if (!uses(view, "--help", "--version")) view.opaque.push("a shell that runs what it reads or builds");
    },
  };
}

const BASH = shell(false);
const SH = shell(true);

export const wrappers: Readonly<Record<string, Program>> = {
  env: {
    options:
      "-i,--ignore-environment -0,--null -u,--unset= -C,--chdir= !-S,--split-string= !--block-signal=? !--default-signal=? !--ignore-signal=? !--list-signal-handling -v,--debug --help --version",
    optionsFirst: true,
    examine: examineEnv,
  },
  timeout: wrapper("--foreground -k,--kill-after= --preserve-status -s,--signal= -v,--verbose", 1),
  nice: { ...wrapper("-n,--adjustment="), digits: true },
  nohup: wrapper(""),
  setsid: wrapper("-c,--ctty -f,--fork -w,--wait"),
  ionice: wrapper("-c,--class= -n,--classdata= -t,--ignore"),
  stdbuf: wrapper("-i,--input= -o,--output= -e,--error="),
  time: {
    ...wrapper("-a,--append -f,--format= -o,--output=@write -p,--portability -q,--quiet -v,--verbose -V"),
  },
  chrt: wrapper("-b,--batch -f,--fifo -i,--idle -o,--other -r,--rr -v,--verbose", 1),
  taskset: wrapper("-c,--cpu-list", 1),
  command: wrapper("-p -v -V"),
  xargs: {
    options:
      "-0,--null -a,--arg-file= -d,--delimiter= -E= -e,--eof=? -I= -i,--replace=? -L,--max-lines= -l=? -n,--max-args= -P,--max-procs= -p,--interactive -r,--no-run-if-empty -s,--max-chars= -t,--verbose -x,--exit --show-limits -o,--open-tty --process-slot-var= --help --version",
    optionsFirst: true,
    examine: examineXargs,
  },
  busybox: {
    options: "--help !--list !--list-full !--install",
    optionsFirst: true,
    examine: (view) => {
      closeHazards(view);
      const [start] = view.operands;
      if (start !== undefined) view.inner.push({ words: view.words.slice(start.word) });
    },
  },
  bash: BASH,
  rbash: BASH,
  sh: SH,
  dash: SH,
  ash: SH,
  ...Object.fromEntries(
    ["zsh", "ksh", "mksh", "fish", "csh", "tcsh", "pwsh", "nu"].map((name) => [
      name,
      { operands: "code", examine: (view: View) => view.opaque.push(`${name} reads its own language`) },
    ]),
  ),
  ...Object.fromEntries(
    "sudo doas pkexec su runuser chroot unshare nsenter setarch linux32 linux64 setpriv capsh script watch parallel flock systemd-run start-stop-daemon dbus-run-session xvfb-run fakeroot firejail bwrap proot eatmydata catchsegv expect unbuffer entr catatonit tini dumb-init exec builtin source ."
      .split(" ")
      .map((name) => [name, ELEVATES] as const),
  ),
};
