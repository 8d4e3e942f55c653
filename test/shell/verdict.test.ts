import { describe, expect, test } from "vitest";
import { analyse } from "../../src/shell/analyse.ts";
import { where } from "./decide.ts";

/** The verdict, and for a simple one the argvs, or else the reason. */
function read(text: string): unknown {
  const { verdict, reason, commands } = analyse(text, where);
  return verdict === "simple" ? commands.map(({ words }) => words.map((word) => word.text)) : `${verdict}: ${reason}`;
}

const LS = [["ls"]];

describe("what bash would make of a text", () => {
  test.each<[string, string, unknown]>([
    ["words are split at spaces and tabs", "ls  -l\ta ", [["ls", "-l", "a"]]],
    ["quotes of all kinds are one word", `echo 'a b'"c d"e\\ f$'g\\th'`, [["echo", "a bc de fg\th"]]],
    ["double quotes keep backslashes before other characters", `echo "a\\b\\"c\\$d"`, [["echo", 'a\\b"c$d']]],
    ["an empty word is a word", "echo '' \"\"", [["echo", "", ""]]],
    ["a comment ends at the newline", "ls # a ; b\nls", [["ls"], ["ls"]]],
    ["a # inside a word is itself", "echo a#b", [["echo", "a#b"]]],
    ["a continuation between words", "ls \\\n -l", [["ls", "-l"]]],
    ["blank lines and trailing separators", "\n\nls;\n", LS],
    ["a quoted here-document is data", "cat <<'E'\n$(x) `y`\nE\nls", [["cat"], ["ls"]]],
    ["a here-document without expansions is data too", "cat <<E\nplain\nE", [["cat"]]],
    ["tabs before a <<- end are dropped", "cat <<-'E'\n\tx\n\tE\nls", [["cat"], ["ls"]]],
    ["two here-documents on one line", "cat <<'A' - <<'B'\n1\nA\n2\nB\nls", [["cat", "-"], ["ls"]]],
    ["a lone {} and a brace without comma", "echo {} a{b} stash@{0}", [["echo", "{}", "a{b}", "stash@{0}"]]],
    ["an assignment after the command is a word", "echo X=1", [["echo", "X=1"]]],
    ["redirections in all places", ">a ls 2>&1 -l <b", [["ls", "-l"]]],
    ["a number apart from > is a word", "echo 2 >a", [["echo", "2"]]],
    ["$? is a word of its own kind", 'echo "status $?"', [["echo", "status $?"]]],
    ["command -v is itself", "command -v ls", [["command", "-v", "ls"]]],
    ["a tilde alone is the home directory", "echo ~/x", [["echo", "/home/user/x"]]],
    ["a quoted tilde is a tilde", "echo '~/x' \\~", [["echo", "~/x", "~"]]],
    ["a cost and a percent", 'echo "100% $ 5"', [["echo", "100% $ 5"]]],
  ])("%s", (_name, text, expected) => {
    expect(read(text)).toEqual(expected);
  });
});

describe("what can't be known before it runs is a script", () => {
  test.each<[string, string]>([
    ["ls $X", "an expansion"],
    ["ls ${X}", "an expansion"],
    ["ls $(id)", "a command substitution"],
    ["ls `id`", "a command substitution"],
    ['ls "$(id)"', "a command substitution"],
    ["ls $((1+1))", "a command substitution"],
    ['ls $"x"', "an expansion"],
    ["ls <(id)", "a process substitution"],
    ["ls > >(id)", "a process substitution"],
    ["ls {a,b}", "a brace expansion"],
    ["ls {1..3}", "a brace expansion"],
    ["ls @(a|b)", "parentheses"],
    ["ls &", "a command in the background"],
    ["ls |& cat", "`|&`"],
    ["! ls", "`!`"],
    ["(ls)", "parentheses"],
    ["{ ls; }", "`{`"],
    ["[[ -f x ]]", "`[[`"],
    ["if ls; then id; fi", "`if`"],
    ["f() { ls; }", "parentheses"],
    ["X=1", "an assignment without a command"],
    ["X=(1) ls", "parentheses"],
    ["X+=1 ls", "an array or appending assignment"],
    ["> x", "a redirection without a command"],
    ["ls {fd}> x", "an unusual descriptor before a redirection"],
    ["ls >& -/etc/x", "an unusual `>&`"],
    ["ls 2>&1-", "an unusual `>&`"],
    ["ls > /dev/tcp/h/1", "a redirection to the network"],
    ["cat <<E\n$x\nE", "a here-document that expands"],
    ["ec\\\nho x", "a line continuation inside a word"],
    ["echo ~root", "a tilde that names something else"],
    ["echo X=~/x", "a tilde inside a word"],
    ["l? x", "a program name that is not plain"],
    ["cat $?", "`$?` as an argument"],
    ["export X=1", "`export` is a builtin that changes the shell itself"],
    ["cd -", "`cd` to somewhere that is not plain"],
    ["ls | cd x", "`cd` in a pipeline"],
    ["echo %COMSPEC%", "a variable of cmd.exe"],
    ["echo $env:PATH", "an expansion"],
    ["ls .e*", "a glob of hidden files that matches nothing"],
    ["sh -c 'ls $X'", "an expansion"],
    ["sh -c 'ls &> x'", "a redirection that sh reads otherwise"],
    ["\\export X=1", "`export` is a builtin that changes the shell itself"],
  ])("%s", (text, reason) => {
    const { verdict, reason: said, resources } = analyse(text, where);
    expect({ verdict, said }).toEqual({ verdict: "script", said: reason });
    expect(resources.some((resource) => resource.kind === "opaque" && resource.script)).toBe(true);
  });
});

describe("what doesn't parse, or could show one thing and run another, is refused", () => {
  const SPACES = [
    "\u00a0",
    "\u1680",
    "\u2000",
    "\u200a",
    "\u2028",
    "\u2029",
    "\u202f",
    "\u205f",
    "\u3000",
    "\u0085",
    "\u000b",
    "\u000c",
    "\r",
    "\ufeff",
    "\u180e",
    "\u3164",
    "\u2800",
  ];
  const HIDDEN = [
    "\u200b",
    "\u200d",
    "\u2060",
    "\u202e",
    "\u2066",
    "\u061c",
    "\u00ad",
    "\ufe0f",
    "\u{e0041}",
    "\u{e0100}",
    "\u034f",
    "\u001b",
    "\u0000",
    "\u0008",
    "\u007f",
    "\ud800",
    "\udc00",
    "\u037e",
  ];
  test.each([...SPACES, ...HIDDEN].map((character) => [character.codePointAt(0)?.toString(16), character] as const))(
    "U+%s, quoted or not",
    (_code, character) => {
      expect(analyse(`X=1${character}git${character}diff ./evil.sh`, where).verdict).toBe("refused");
      expect(analyse(`echo '${character}'`, where).verdict).toBe("refused");
      expect(analyse(["echo", character], where).verdict).toBe("refused");
    },
  );
  test.each<[string, string]>([
    ["", "there is no command"],
    ["# only a comment", "there is no command"],
    ["ls '", "a quote without its end"],
    ['ls "', "a quote without its end"],
    ["ls $'", "a quote without its end"],
    ["ls \\", "a backslash at the end"],
    ["ls ;;", "unexpected `;;`"],
    ["ls &&& id", "unexpected `&`"],
    ["ls | | id", "unexpected `|`"],
    ["| ls", "unexpected `|`"],
    ["ls &&", "the command ends too early"],
    ["ls >", "the command ends too early"],
    ["ls > 2>x", "a redirection without a target"],
    ["cat <<E", "here-document without its end `E`"],
    ["cat <<'E'\nx\nE ", "here-document without its end `E`"],
    ["''", "an empty program name"],
    ["g\u0456t diff", "a program name with characters outside plain ASCII"],
    ["env g\u0456t diff", "a program name with characters outside plain ASCII"],
    ['sh -c "ls \'"', "the text inside: a quote without its end"],
    ["x".repeat(10_001), "longer than 10000 characters"],
    ["x".repeat(1 << 20), "longer than 10000 characters"],
    ["ls;".repeat(501), "more than 500 commands"],
    ["$(".repeat(5_000), "too many nested expansions"],
    ["`".repeat(9_999), "too many nested expansions"],
    ["echo ${".repeat(1_000), "too many nested expansions"],
  ])("row %#", (text, reason) => {
    expect(analyse(text, where)).toEqual({
      verdict: "refused",
      reason,
      resources: [{ kind: "opaque", reason, script: true }],
      commands: [],
      text,
    });
  });
});

test("a script still shows the commands that are found in it, with null for words that aren't known", () => {
  expect(
    analyse("for f in *.ts; do rm -rf \"$f\" /etc; done; eval 'touch x'; bash -c 'cat .env $y'", where).commands.map(({ words }) =>
      words.map(({ text }) => text),
    ),
  ).toEqual([
    ["rm", "-rf", null, "/etc"],
    ["eval", "touch x"],
    ["touch", "x"],
    ["bash", "-c", "cat .env $y"],
    ["cat", ".env", null],
  ]);
});
