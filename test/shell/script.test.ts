import { describe, expect, test } from "vitest";
import { analyse, fixedEyes, printArgv, printScript } from "../../src/shell/analyse.ts";
import { Refusal } from "../../src/types.ts";
import { where } from "./decide.ts";

const bin = (name: string): string | null => (name === "missing" ? null : `/bin/${name}`);
const print = (text: string): string => printScript(analyse(text, where), bin);

describe("the canonical script", () => {
  test.each<[string, string]>([
    ["ls -l", "'/bin/ls' '-l'"],
    ["ls 'it'\\''s' \"\" é", "'/bin/ls' 'it'\\''s' '' 'é'"],
    ["ls|cat&&echo a||echo b;pwd", "'/bin/ls' | '/bin/cat' && '/bin/echo' 'a' || '/bin/echo' 'b'\n'/bin/pwd'"],
    ["CI=1 ls >a 2>&1 <b", "CI='1' '/bin/ls' 1>'a' 2>&1 0<'b'"],
    ["ls &>a", "'/bin/ls' 1>'a' 2>&1"],
    ["ls >|a 3>>b 4<>c 5>&-", "'/bin/ls' 1>'a' 3>>'b' 4<>'c' 5>&-"],
    ["cat <<'E'\na 'b'\nc\nE", "'/bin/cat' 0<<<'a '\\''b'\\''\nc'"],
    ["cat <<'E'\nE", "'/bin/cat' 0</dev/null"],
    ["cat <<< x", "'/bin/cat' 0<<<'x'"],
    ['echo "$?" a$?', "'/bin/echo' \"$?\" 'a'\"$?\""],
    ["time -p ls | cat", "time -p '/bin/ls' | '/bin/cat'"],
    ["cd src && ls", "{ cd -P -- '/w/src' || exit 1; } && '/bin/ls'"],
    ["ls && cd src && ls", "'/bin/ls' && cd -P -- '/w/src' && '/bin/ls'"],
    ["command -v ls", "command '-v' 'ls'"],
    ["command -p ls -l", "'/bin/ls' '-l'"],
    ["timeout 5 env CI=1 ls", "'/bin/timeout' '5' '/bin/env' 'CI=1' '/bin/ls'"],
    ["find . -exec grep x {} +", "'/bin/find' '.' '-exec' '/bin/grep' 'x' '{}' '+'"],
    ["./run x", "'./run' 'x'"],
    ["sh -c 'ls; cat \"a b\"'", "'/bin/sh' '-c' ''\\''/bin/ls'\\''\n'\\''/bin/cat'\\'' '\\''a b'\\'''"],
    ["ls ~/x", "'/bin/ls' '/home/user/x'"],
    ["ls $X", "ls $X"],
  ])("%s", (text, expected) => {
    expect(print(text)).toBe(expected);
  });

  test("an argv that is a script stays quoted", () => {
    expect(printScript(analyse(["export", "X=1; id"], where), bin)).toBe("'export' 'X=1; id'");
  });

  test("a missing program is refused only when it would run", () => {
    expect(() => print("missing x")).toThrow(
      new Refusal("NOT_FOUND", "`missing` is not installed where commands may look", "install it, or add its directory to shell.path"),
    );
  });

  test("a refused text can't be printed", () => {
    expect(() => print("ls '")).toThrow(
      new Refusal("INVALID_INPUT", "the command can't be read: a quote without its end", "write it plainly"),
    );
  });
});

describe("the argv of a single command", () => {
  test.each<[string, readonly string[] | null]>([
    ["ls -l 'a b'", ["/bin/ls", "-l", "a b"]],
    ["timeout 5 ls", ["/bin/timeout", "5", "/bin/ls"]],
    ["ls > a", null],
    ["ls | cat", null],
    ["CI=1 ls", null],
    ["cd src", null],
    ["time ls", null],
    ["sh -c ls", null],
    ["echo $?", null],
    ["ls $X", null],
    ["ls '", null],
  ])("%s", (text, expected) => {
    expect(printArgv(analyse(text, where), bin)).toEqual(expected);
  });
});

/** The program and directory of each command. */
const places = (text: string): unknown => analyse(text, where).commands.map(({ words, cwd }) => [words[0]?.text, cwd]);

describe("where commands run", () => {
  test.each<[string, string, unknown]>([
    [
      "cd moves what follows",
      "cd src && ls; cd ../a; ls",
      [
        ["cd", "/w"],
        ["ls", "/w/src"],
        ["cd", "/w/src"],
        ["ls", "/w/a"],
      ],
    ],
    [
      "a cd that may not run leaves the place unknown",
      "ls && cd src && ls; ls",
      [
        ["ls", "/w"],
        ["cd", "/w"],
        ["ls", "/w/src"],
        ["ls", null],
      ],
    ],
    [
      "what follows a failed cd is somewhere unknown",
      "cd src || ls; ls",
      [
        ["cd", "/w"],
        ["ls", null],
        ["ls", null],
      ],
    ],
    [
      "an alternative after a certain cd has its place",
      "cd src && ls || ls",
      [
        ["cd", "/w"],
        ["ls", "/w/src"],
        ["ls", "/w/src"],
      ],
    ],
    [
      "an alternative before a cd",
      "ls || cd src; ls",
      [
        ["ls", "/w"],
        ["cd", "/w"],
        ["ls", null],
      ],
    ],
    [
      "a shell inside has its own place",
      "sh -c 'cd src; ls'; ls",
      [
        ["sh", "/w"],
        ["cd", "/w"],
        ["ls", "/w/src"],
        ["ls", "/w"],
      ],
    ],
    [
      "a script with cd knows no place",
      "cd $X; ls",
      [
        ["cd", null],
        ["ls", null],
      ],
    ],
  ])("%s", (_name, text, expected) => {
    expect(places(text)).toEqual(expected);
  });

  test("paths are made real by the eyes, from the directory in force", () => {
    const eyes = { ...fixedEyes, resolve: (path: string, base: string) => `<${base}|${path}>` };
    expect(analyse("cat a > b", { cwd: "/w", eyes }).resources.filter(({ kind }) => kind === "path")).toEqual([
      { kind: "path", op: "read", path: "</w|a>" },
      { kind: "path", op: "write", path: "</w|b>" },
    ]);
  });
});

/** Eyes that answer every glob with these names, and remember what they were asked. */
const withNames = (names: readonly string[] | null): Parameters<typeof analyse>[1] & { asked: string[] } => {
  const asked: string[] = [];
  return { cwd: "/w", asked, eyes: { ...fixedEyes, glob: (pattern, cwd) => (asked.push(`${cwd}: ${pattern}`), names) } };
};

describe("globs", () => {
  test("are expanded by the eyes, and a name can't become an option", () => {
    const here = withNames(["-rf", "a b", "c.ts"]);
    const analysis = analyse("rm *.ts 'x*'[ab]\\?", here);
    expect(analysis.argv).toEqual(["rm", "./-rf", "a b", "c.ts", "./-rf", "a b", "c.ts"]);
    expect(here.asked).toEqual(["/w: *.ts", "/w: x\\*[ab]\\?"]);
  });

  test("that match nothing stay what they are", () => {
    expect(analyse("grep x --include=*.ts .", withNames([])).argv).toEqual(["grep", "x", "--include=*.ts", "."]);
  });

  test.each<[string, readonly string[] | null]>([
    ["that the eyes can't expand", null],
    ["of more than 1,000 names", Array.from({ length: 1_001 }, (_, index) => `f${index}`)],
  ])("%s make a script", (_name, names) => {
    expect(analyse("cat *", withNames(names)).verdict).toBe("script");
  });

  test("after a cd that may not have run make a script", () => {
    expect(analyse("ls || cd a; cat *", withNames(["a"])).verdict).toBe("script");
  });
});

test("input that the call gives feeds the first command", () => {
  expect(analyse("cat | wc -l", { ...where, input: true }).resources.some(({ kind }) => kind === "opaque")).toBe(false);
  expect(analyse("cat | wc -l", where).resources.some(({ kind }) => kind === "opaque")).toBe(true);
});
