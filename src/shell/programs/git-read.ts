/** Subcommands of git that look. Operands are revisions or paths, and git decides which; each is judged as if it were a path too. */
import type { Word } from "../../types.ts";
import type { Program } from "../program.ts";
import { uses, valuesOf } from "../view.ts";
import type { View } from "../view.ts";

const DIFF =
  "-p,-u,--patch -s,--no-patch -U,--unified= !--output= !-O= --output-indicator-new= --output-indicator-old= --output-indicator-context= --raw --patch-with-raw -t --indent-heuristic --no-indent-heuristic --minimal --patience --histogram --anchored= --diff-algorithm= --stat=? --stat-width= --stat-name-width= --stat-count= --compact-summary --numstat --shortstat -X --dirstat=? --cumulative --dirstat-by-file=? --summary --patch-with-stat -z --name-only --name-status --submodule=? --color=? --no-color --color-moved=? --no-color-moved --color-moved-ws= --no-color-moved-ws --word-diff=? --word-diff-regex= --color-words=? --no-renames --rename-empty --no-rename-empty --check --ws-error-highlight= --full-index --binary --abbrev=? -B=? --break-rewrites=? -M=? --find-renames=? -C=? --find-copies=? --find-copies-harder -D,--irreversible-delete -l= --diff-filter= -S= -G= --find-object= --pickaxe-all --pickaxe-regex --skip-to= --rotate-to= -R --relative=? --no-relative -a,--text --ignore-cr-at-eol --ignore-space-at-eol -b,--ignore-space-change -w,--ignore-all-space --ignore-blank-lines -I,--ignore-matching-lines= --inter-hunk-context= -W,--function-context --exit-code --quiet !--ext-diff --no-ext-diff !--textconv --no-textconv --ignore-submodules=? --src-prefix= --dst-prefix= --no-prefix --default-prefix --line-prefix= --ita-invisible-in-index --ita-visible-in-index -0 -1 -2 -3";
const REVISIONS =
  "-n,--max-count= --skip= --since,--after= --until,--before= --since-as-filter= --author= --committer= --grep-reflog= --grep= --all-match --invert-grep -i,--regexp-ignore-case --basic-regexp -E,--extended-regexp -F,--fixed-strings --perl-regexp --remove-empty --merges --no-merges --min-parents= --max-parents= --no-min-parents --no-max-parents --first-parent --exclude-first-parent-only --not --all --branches=? --tags=? --remotes=? --glob= --exclude= --exclude-hidden= --reflog --alternate-refs --single-worktree --ignore-missing --cherry-mark --cherry-pick --left-only --right-only --cherry -g,--walk-reflogs --merge --boundary --simplify-by-decoration --show-pulls --full-history --dense --sparse --simplify-merges --ancestry-path=? --date-order --author-date-order --topo-order --reverse --no-walk=? --do-walk --pretty=? --format= --abbrev-commit --no-abbrev-commit --oneline --encoding= --expand-tabs=? --no-expand-tabs --notes=? --no-notes --show-notes=? !--show-signature --relative-date --date= --parents --children --left-right --graph --no-graph --show-linear-break=? -c --cc --combined-all-paths -m --diff-merges= --no-diff-merges --remerge-diff --decorate=? --no-decorate --decorate-refs= --decorate-refs-exclude= --clear-decorations --source --mailmap --no-mailmap --use-mailmap --no-use-mailmap --full-diff --log-size -L= --follow";

/** Operands as paths: `REV:PATH` names one, a glob or magic pathspec its directory. */
function examinePaths(view: View): void {
  for (const { text } of view.operands) view.paths.push({ op: "read", path: pathOf(text) });
  // `-L 1,9:FILE`, and `-L :FUNCTION:FILE`.
  for (const value of valuesOf(view, "-L"))
    view.paths.push({ op: "read", path: value?.includes(":") ? value.slice(value.lastIndexOf(":") + 1) : value === null ? null : "" });
  const formats = [...valuesOf(view, "--format", "--pretty"), ...view.operands.map(({ text }) => text)];
  // `%G?` and its kin check signatures with the program that `gpg.program` names.
  if (formats.some((format) => format !== null && /%G|%\(signature/.test(format)))
    view.hazards.push({ word: view.words.findIndex((word) => /%G|%\(signature/.test(word ?? "")), reason: "a format that runs gpg" });
}

function pathOf(text: Word): Word {
  if (text === null) return null;
  const colon = text.indexOf(":");
  const path =
    colon < 0 ? text : text.startsWith(":(") ? text.slice(text.indexOf(")") + 1) : text.slice(colon + 1).replace(/^[0-3]:|^[!^/]+/, "");
  const glob = path.search(/[*?[\\]/);
  if (glob < 0) return path === "" ? "." : path;
  return path.slice(0, path.lastIndexOf("/", glob) + 1) || ".";
}

/** A subcommand that looks. */
function looks(options: string, more: Partial<Program> = {}): Program {
  return { options, digits: true, set: "git-read", examine: examinePaths, ...more };
}

/** Operands that name no file. */
const PLAIN: Partial<Program> = { examine: () => undefined };

/** A subcommand whose operand creates or changes something unless one of these options says it lists. */
function listsWith(options: string, listing: string): Program {
  const names = listing.split(" ");
  return looks(options, {
    examine: (view) => {
      if (view.operands.length === 0 || uses(view, ...names)) return;
      view.set = null;
      view.paths.push({ op: "write", path: ".git/index", by: "git" });
    },
  });
}

const BRANCHLIKE =
  "-l,--list -v,--verbose -q,--quiet -a,--all -r,--remotes --contains=? --no-contains=? --merged=? --no-merged=? --points-at= --sort= --format= --column=? --no-column --color=? --no-color -i,--ignore-case --abbrev=? --no-abbrev --show-current --omit-empty";

/** Options of branch and tag that change: git's own writes. */
function changes(program: Program, options: string): Program {
  const names = options.split(/\s+/).flatMap((item) => item.replace(/^!|=.*$/g, "").split(","));
  return {
    ...program,
    options: `${program.options ?? ""} ${options}`,
    examine: (view) => {
      program.examine?.(view);
      if (!uses(view, ...names)) return;
      view.set = null;
      view.paths.push({ op: "write", path: ".git/index", by: "git" });
      if (uses(view, "-u", "--set-upstream-to", "--unset-upstream", "-t", "--track"))
        view.paths.push({ op: "write", path: ".git/config", by: "git" });
    },
  };
}

export const gitReading: Readonly<Record<string, Program>> = {
  status: looks(
    "-s,--short -b,--branch --show-stash --porcelain=? --long -v,--verbose -u=? --untracked-files=? --ignore-submodules=? --ignored=? -z --column=? --no-column --ahead-behind --no-ahead-behind --renames --no-renames --find-renames=?",
  ),
  diff: looks(`${DIFF} --cached --staged --merge-base --no-index -1,--base -2,--ours -3,--theirs --cc -c -m`),
  "diff-tree diff-index diff-files": looks(
    `${DIFF} --cached -r -t --root -m -s -v --no-commit-id --cc -c --merge-base -q --pretty=? --format=`,
  ),
  "log whatchanged": looks(`${DIFF} ${REVISIONS} --no-decorate --no-patch`),
  show: looks(`${DIFF} ${REVISIONS}`),
  reflog: looks(`${DIFF} ${REVISIONS}`, {
    examine: (view) => {
      if (["expire", "delete", "drop", "write"].includes(view.operands[0]?.text ?? "show"))
        view.hazards.push({ word: view.operands[0]?.word ?? 0, reason: "removes history" });
      else examinePaths(view);
    },
  }),
  shortlog: looks(`${REVISIONS} -n,--numbered -s,--summary -e,--email -w=? --group=`),
  blame: looks(
    "-b --root --show-stats -L= -l -t -S=@read --reverse -p,--porcelain --line-porcelain --incremental --encoding= --contents=@read --date= -M=? -C=? --ignore-rev= --ignore-revs-file=@read --color-lines --color-by-age -c --score-debug -f,--show-name -n,--show-number -s -e,--show-email -w --abbrev= --since= --progress --no-progress --first-parent",
  ),
  annotate: looks("-b -L= -l -t -e,--show-email -w -s -f -n --date="),
  grep: {
    options:
      "--cached --untracked --no-index -a,--text -I -i,--ignore-case --max-depth= -r,--recursive --no-recursive -w,--word-regexp -v,--invert-match -h -H --full-name -E,--extended-regexp -G,--basic-regexp -P,--perl-regexp -F,--fixed-strings -n,--line-number --column -l,--files-with-matches,--name-only -L,--files-without-match !-O,--open-files-in-pager=? -z,--null -o,--only-matching -c,--count --color=? --no-color --break --heading -p,--show-function -A,--after-context= -B,--before-context= -C,--context= -W,--function-context -m,--max-count= --threads= -f=@read -e= --and --or --not --all-match -q,--quiet --exclude-standard --no-exclude-standard --recurse-submodules !--textconv --no-textconv",
    digits: true,
    set: "git-read",
    examine: (view) => {
      const [pattern] = view.operands;
      if (pattern !== undefined && !uses(view, "-e", "-f")) view.operands.shift();
      examinePaths(view);
      if (view.operands.length === 0) view.paths.push({ op: "read", path: "." });
    },
  },
  "ls-files": looks(
    "-c,--cached -d,--deleted -m,--modified -o,--others -i,--ignored -s,--stage -u,--unmerged -k,--killed --directory --no-empty-directory -z -t -v -f -x,--exclude= -X,--exclude-from=@read --exclude-per-directory=@read --exclude-standard --error-unmatch --with-tree= --full-name --recurse-submodules --abbrev=? --debug --eol --sparse --deduplicate --format= --resolve-undo",
  ),
  "ls-tree": looks("-d -r -t -l,--long -z --name-only --name-status --object-only --full-name --full-tree --abbrev=? --format="),
  "cat-file": looks("-t -s -e -p --path= !--textconv !--filters !--batch=? !--batch-check=? !--batch-command=?"),
  "rev-parse": looks(
    "--show-toplevel --show-cdup --show-prefix --git-dir --absolute-git-dir --git-common-dir --git-path= --is-inside-work-tree --is-inside-git-dir --is-bare-repository --is-shallow-repository --show-superproject-working-tree --abbrev-ref=? --symbolic --symbolic-full-name --short=? --verify -q,--quiet --all --branches=? --tags=? --remotes=? --glob= --exclude= --default= --revs-only --no-revs --flags --no-flags --not --local-env-vars --path-format= --show-object-format=? --show-ref-format --end-of-options --sq",
  ),
  "rev-list": looks(
    `${REVISIONS} --count --objects --objects-edge --no-object-names --header --timestamp --quiet --bisect --use-bitmap-index --disk-usage=? --oneline`,
  ),
  describe: looks(
    "--all --tags --contains --abbrev= --candidates= --exact-match --debug --long --match= --exclude= --always --first-parent --dirty=? --broken=?",
    PLAIN,
  ),
  "merge-base": looks("-a,--all --octopus --independent --is-ancestor --fork-point", PLAIN),
  "name-rev": looks("--tags --refs= --exclude= --all --name-only --no-undefined --always", PLAIN),
  "for-each-ref": looks(
    "--count= --shell --perl --python --tcl --sort= --format= --color=? --points-at= --merged=? --no-merged=? --contains=? --no-contains=? --ignore-case --omit-empty --exclude= --include-root-refs",
  ),
  "show-ref": looks("--head --tags --heads --branches -d,--dereference -s,--hash=? --verify --abbrev=? -q,--quiet --exists", PLAIN),
  "show-branch": looks(
    "-r,--remotes -a,--all --current --topo-order --date-order --sparse --more= --list --independent --merge-base --no-name --sha1-name --topics --color=? --no-color",
    PLAIN,
  ),
  "count-objects": looks("-v,--verbose -H,--human-readable", PLAIN),
  "check-ignore": looks("-q,--quiet -v,--verbose -z -n,--non-matching --no-index"),
  "check-attr": looks("-a,--all --cached -z --source=", PLAIN),
  "range-diff": looks(`${DIFF} --creation-factor= --no-dual-color --left-only --right-only --notes=? --no-notes`),
  cherry: looks("-v --abbrev=?", PLAIN),
  branch: changes(
    listsWith(BRANCHLIKE, "-l --list --contains --no-contains --merged --no-merged --points-at -a --all -r --remotes"),
    "-d,--delete -D -m,--move -M -c,--copy -C -f,--force --create-reflog --recurse-submodules -t --track=? --no-track -u,--set-upstream-to= --unset-upstream !--edit-description",
  ),
  tag: changes(
    listsWith(`${BRANCHLIKE} -n=?`, "-l --list -n --contains --no-contains --merged --no-merged --points-at"),
    "-a,--annotate -m,--message= -F,--file=@read -d,--delete -f,--force --cleanup= --create-reflog --no-sign !-s,--sign !-u,--local-user= !-v,--verify !-e,--edit",
  ),
  stash: {
    optionsFirst: true,
    subcommands: {
      list: looks(`${DIFF} ${REVISIONS}`, PLAIN),
      show: looks(`${DIFF} -u,--include-untracked --only-untracked --no-include-untracked`, PLAIN),
    },
    examine: (view) => {
      if (view.operands.length === 0)
        view.paths.push({ op: "write", path: ".", by: "git" }, { op: "write", path: ".git/index", by: "git" });
    },
  },
  remote: {
    options: "-v,--verbose",
    set: "git-read",
    subcommands: { "get-url": looks("--push --all", PLAIN) },
  },
  config: {
    options:
      "-l,--list --get= --get-all= --get-regexp= --get-urlmatch= --name-only --show-origin --show-scope -z,--null --type= --bool --int --bool-or-int --path --expiry-date --default= --local --worktree !--global !--system !-f,--file= !--blob= !--add !--replace-all !--unset= !--unset-all= !--rename-section= !--remove-section= !-e,--edit --includes --no-includes",
    set: "git-read",
    // `config NAME` prints, `config NAME VALUE` writes.
    examine: (view) => {
      const reads = uses(view, "-l", "--list", "--get", "--get-all", "--get-regexp", "--get-urlmatch");
      if (reads || view.operands.length < 2) return;
      view.paths.push({ op: "write", path: ".git/config", by: "git" });
      view.hazards.push({ word: view.operands[0]?.word ?? 1, reason: "changes configuration, which can name programs" });
    },
  },
  worktree: {
    subcommands: {
      list: looks("-v,--verbose --porcelain -z --expire=", PLAIN),
      add: {
        options: "-f,--force -b= -B= -d,--detach --checkout --no-checkout --lock -q,--quiet --track --no-track --orphan",
        operands: "write text",
      },
    },
  },
  submodule: { options: "-q,--quiet", subcommands: { status: looks("--cached --recursive") } },
  bisect: { subcommands: { log: looks("", PLAIN), view: looks(`${DIFF} ${REVISIONS}`) } },
  notes: { options: "--ref=", subcommands: { list: looks("", PLAIN), show: looks("", PLAIN) } },
  version: looks("--build-options", PLAIN),
  var: looks("-l", PLAIN),
};
