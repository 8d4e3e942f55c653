/** Programs that search text and data (GNU grep 3.8, ripgrep 14, fd 9, jq 1.7; options from their manuals). */
import type { Program } from "../program.ts";
import { uses } from "../view.ts";
import type { View } from "../view.ts";
import { awk } from "./awk.ts";
import { find } from "./find.ts";
import { sed } from "./sed.ts";

const GREP: Program = {
  options:
    "-E,--extended-regexp -F,--fixed-strings -G,--basic-regexp -P,--perl-regexp -e,--regexp= -f,--file=@read -i,-y,--ignore-case --no-ignore-case -v,--invert-match -w,--word-regexp -x,--line-regexp -c,--count --color=? --colour=? -L,--files-without-match -l,--files-with-matches -m,--max-count= -o,--only-matching -q,--quiet,--silent -s,--no-messages -b,--byte-offset -H,--with-filename -h,--no-filename --label= -n,--line-number -T,--initial-tab -u,--unix-byte-offsets -Z,--null -A,--after-context= -B,--before-context= -C,--context= -a,--text --binary-files= -D,--devices= -d,--directories= --exclude= --exclude-from=@read --exclude-dir= -I --include= -r,--recursive -R,--dereference-recursive --line-buffered -U,--binary -z,--null-data --no-group-separator --group-separator= --help -V,--version",
  digits: true,
  operands: "text read",
  insteadOfFirst: "-e --regexp -f --file",
  set: "read-basic",
  examine: (view) => {
    const first = uses(view, "-e", "--regexp", "-f", "--file") ? 0 : 1;
    if (view.operands.length > first || uses(view, "--help", "-V", "--version")) return;
    if (uses(view, "-r", "--recursive", "-R", "--dereference-recursive")) view.paths.push({ op: "read", path: "." });
    else view.input = true;
  },
};

const RG: Program = {
  options:
    "-e,--regexp= -f,--file=@read -A,--after-context= -B,--before-context= -C,--context= --binary --block-buffered -b,--byte-offset -s,--case-sensitive --color= --colors= --column --context-separator= -c,--count --count-matches --crlf --debug --dfa-size-limit= -E,--encoding= --engine= --field-context-separator= --field-match-separator= --files -l,--files-with-matches --files-without-match -F,--fixed-strings -L,--follow --generate= -g,--glob= --glob-case-insensitive --heading --no-heading -h,--help --hidden -. --iglob= -i,--ignore-case --ignore-file=@read --ignore-file-case-insensitive --include-zero -v,--invert-match --json --line-buffered -n,--line-number -N,--no-line-number -x,--line-regexp -M,--max-columns= --max-columns-preview -m,--max-count= -d,--max-depth,--maxdepth= --max-filesize= --mmap --no-mmap -U,--multiline --multiline-dotall --no-config --no-ignore --no-ignore-dot --no-ignore-exclude --no-ignore-files --no-ignore-global --no-ignore-messages --no-ignore-parent --no-ignore-vcs --no-messages --no-require-git --no-unicode -0,--null --null-data --one-file-system -o,--only-matching --passthru --path-separator= -P,--pcre2 --pcre2-version -p,--pretty -q,--quiet --regex-size-limit= -r,--replace= -S,--smart-case --sort= --sortr= --stats -a,--text -j,--threads= --trace --trim -t,--type= -T,--type-not= --type-add= --type-clear= --type-list -u,--unrestricted -V,--version --vimgrep -H,--with-filename -I,--no-filename -w,--word-regexp --no-follow --no-hidden --no-json --no-pcre2 --stop-on-nonmatch !--pre= !--pre-glob= !--hostname-bin= !--hyperlink-format= !-z,--search-zip",
  operands: "text read",
  insteadOfFirst: "-e --regexp -f --file --files --type-list",
  bare: "read",
  set: "read-basic",
};

/** Functions of jq that read more than the input: modules and the environment (jq manual, Modules; `$ENV`). */
const JQ_REACHES = /\b(import|include|get_search_list|modulemeta)\b|(?<![.\w$])env\b|\$ENV|\$__prog_/;
/** Functions of yq (mikefarah) that read files or the environment, or run expressions of their own. */
const YQ_REACHES = /\b(load\w*|strenv|envsubst|eval|system)\b|(?<![.\w])env\b/;

/** An expression as first operand, then files; the expression may reach what `reaches` matches. */
function expression(reaches: RegExp, fileOptions: readonly string[]): (view: View) => void {
  return (view) => {
    const fromFile = uses(view, ...fileOptions);
    const [first] = view.operands;
    const files = view.operands.slice(fromFile ? 0 : 1);
    if (!fromFile && first !== undefined && (first.text === null || reaches.test(first.text)))
      view.hazards.push({ word: first.word, reason: "an expression that reads more than its input" });
    if (uses(view, "--args", "--jsonargs")) return;
    for (const { text } of files) {
      if (text === "-") view.input = true;
      else view.paths.push({ op: "read", path: text });
      if (uses(view, "-i", "--inplace")) view.paths.push({ op: "write", path: text });
    }
    if (files.length === 0 && !uses(view, "-n", "--null-input", "--help", "--version", "-h", "-V")) view.input = true;
  };
}

/** `--arg NAME VALUE` and its kin take two words. */
function examineJq(view: View): void {
  for (const { name, word } of view.seen) {
    if (name === null || !/^--(arg|argjson|slurpfile|rawfile)$/.test(name)) continue;
    const at = view.operands.findIndex((operand) => operand.word === word + 2);
    const [value] = at < 0 ? [] : view.operands.splice(at, 1);
    if (value === undefined) view.hazards.push({ word, reason: "an option without its two words" });
    else if (name === "--slurpfile" || name === "--rawfile") view.paths.push({ op: "read", path: value.text });
  }
  expression(JQ_REACHES, ["-f", "--from-file"])(view);
}

const JQ_BASE =
  "-n,--null-input -R,--raw-input -s,--slurp -c,--compact-output -r,--raw-output --raw-output0 -j,--join-output -a,--ascii-output -S,--sort-keys -C,--color-output -M,--monochrome-output --tab --indent= --unbuffered --stream --stream-errors --seq -e,--exit-status !-f,--from-file= !-L= !--args !--jsonargs -h,--help -V,--version --build-configuration --arg= --argjson= --slurpfile= --rawfile=";

export const search: Readonly<Record<string, Program>> = {
  grep: GREP,
  egrep: GREP,
  fgrep: GREP,
  rg: RG,
  find,
  sed,
  awk,
  gawk: awk,
  mawk: awk,
  nawk: awk,
  fd: {
    options:
      "-H,--hidden -I,--no-ignore -u,--unrestricted -s,--case-sensitive -i,--ignore-case -g,--glob --regex -F,--fixed-strings -a,--absolute-path -l,--list-details -L,--follow -p,--full-path -0,--print0 -d,--max-depth= --min-depth= --exact-depth= -E,--exclude= -t,--type= -e,--extension= -S,--size= --changed-within= --changed-before= -o,--owner= -c,--color= -j,--threads= --max-results= -1 -q,--quiet -h,--help -V,--version --no-ignore-vcs !-x,--exec !-X,--exec-batch !--ignore-file= !--base-directory= !--search-path=",
    operands: "text list",
    bare: "list",
    set: "read-basic",
  },
  locate: {
    options: "-c,--count -i,--ignore-case -l,--limit= -b,--basename",
    examine: (view) => view.paths.push({ op: "list", path: "/" }),
  },
  jq: { options: JQ_BASE, set: "read-basic", examine: examineJq },
  yq: {
    options:
      "-n,--null-input -r,--unwrapScalar=? -P,--prettyPrint -o,--output-format= -p,--input-format= -j,--tojson -C,--colors -M,--no-colors -N,--no-doc -e,--exit-status -i,--inplace -I,--indent= -v,--verbose -V,--version -h,--help !--from-file= !-s,--split-exp= !--split-exp-file= !-f,--front-matter=",
    set: "read-basic",
    examine: (view) => {
      const [first] = view.operands;
      if (first?.text === "eval" || first?.text === "e" || first?.text === "eval-all" || first?.text === "ea") view.operands.shift();
      expression(YQ_REACHES, ["--from-file"])(view);
    },
  },
};
