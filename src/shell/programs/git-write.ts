/** Subcommands of git that change the repository or the working tree, or talk to others. What isn't listed anywhere is a hazard. */
import type { Program } from "../program.ts";
import { addUrl } from "../urls.ts";
import { uses } from "../view.ts";
import type { View } from "../view.ts";

/** What git keeps for itself in a repository; the index stands for all of it. */
const REPOSITORY = { op: "write", path: ".git/index", by: "git" } as const;

/** Changes the repository only. */
function inRepository(view: View): void {
  view.paths.push(REPOSITORY);
}

/** Changes files of the working tree as well: the operands, or anything in it. */
function inTree(view: View): void {
  view.paths.push(REPOSITORY);
  const paths = view.operands.map(({ text }) => text);
  for (const path of paths.length === 0 ? ["."] : paths) view.paths.push({ op: "write", path, by: "git" });
}

/** A remote given as an address instead of a name. `ext::` and `fd::` run programs (git-remote-ext(1)). */
function toRemote(view: View): void {
  view.hazards.push({ word: view.subcommand, reason: "talks to another machine" });
  view.paths.push(REPOSITORY);
  const [remote] = view.operands;
  if (remote === undefined) return;
  const { text, word } = remote;
  if (text === null || /^(-|[a-z0-9+.-]+::)/i.test(text)) view.hazards.push({ word, reason: "an address that can run programs" });
  else if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) addUrl(view, text, word, "https", "POST");
  else if (/^[^/]+:/.test(text)) addUrl(view, text.replace(/:.*/, ""), word, "ssh", "POST");
  else if (/[./]/.test(text)) view.paths.push({ op: "read", path: text });
}

export const gitWriting: Readonly<Record<string, Program>> = {
  add: {
    options:
      "-n,--dry-run -v,--verbose -f,--force --sparse -A,--all,--no-ignore-removal --no-all,--ignore-removal -u,--update -N,--intent-to-add --refresh --ignore-errors --ignore-missing --renormalize --chmod= --pathspec-from-file=@read --pathspec-file-nul !-i,--interactive !-p,--patch !-e,--edit",
    operands: "read",
    examine: inRepository,
  },
  commit: {
    options:
      "-a,--all -m,--message= --amend --no-edit -n,--no-verify --author= --date= --allow-empty --allow-empty-message --fixup= --squash= --reset-author -s,--signoff --no-signoff --trailer= -q,--quiet -v,--verbose --dry-run --short --branch --porcelain --long -z,--null -u=? --untracked-files=? --cleanup= --status --no-status -o,--only -i,--include --no-post-rewrite --no-gpg-sign --pathspec-from-file=@read --pathspec-file-nul -F,--file=@read -t,--template=@read !-C,--reuse-message= !-c,--reedit-message= !-e,--edit !-p,--patch !--interactive !-S=? !--gpg-sign=?",
    operands: "read",
    examine: inRepository,
  },
  "checkout switch": {
    options:
      "-b= -B= -c,--create= -C,--force-create= -q,--quiet --progress --no-progress -f,--force --ours --theirs -t --track=? --no-track --guess --no-guess -l -d,--detach --orphan= --ignore-skip-worktree-bits -m,--merge --discard-changes --conflict= --overlay --no-overlay --pathspec-from-file=@read !-p,--patch --recurse-submodules",
    examine: inTree,
  },
  restore: {
    options:
      "-s,--source= -W,--worktree -S,--staged -q,--quiet --progress --no-progress --ours --theirs -m,--merge --conflict= --ignore-unmerged --overlay --no-overlay !-p,--patch --pathspec-from-file=@read",
    examine: inTree,
  },
  reset: {
    options:
      "--soft --mixed --hard --merge --keep -q,--quiet -N,--intent-to-add --refresh --no-refresh --pathspec-from-file=@read !-p,--patch",
    examine: inTree,
  },
  rm: {
    options: "-f,--force -n,--dry-run -r --cached --ignore-unmatch --sparse -q,--quiet --pathspec-from-file=@read",
    examine: (view) => {
      view.paths.push(REPOSITORY);
      for (const { text } of view.operands) view.paths.push({ op: "delete", path: text });
    },
  },
  mv: { options: "-f,--force -k -n,--dry-run -v,--verbose --sparse", operands: "move", last: "write", examine: inRepository },
  clean: {
    options: "-d -f,--force -n,--dry-run -q,--quiet -e,--exclude= -x -X !-i,--interactive",
    examine: (view) => {
      if (uses(view, "-n", "--dry-run")) return;
      for (const path of view.operands.length === 0 ? ["."] : view.operands.map(({ text }) => text))
        view.paths.push({ op: "delete", path });
    },
  },
  "merge cherry-pick revert": {
    options:
      "--commit --no-commit -n --ff --no-ff --ff-only -m= --no-edit --squash --no-squash --abort --continue --quit --skip --stat --no-stat -q,--quiet -v,--verbose -x --allow-unrelated-histories --signoff --no-verify -X= !-s,--strategy= !-e,--edit !-S=? !--gpg-sign=?",
    examine: inTree,
  },
  rebase: {
    options:
      "--continue --abort --skip --quit --onto= --keep-base --root -q,--quiet -v,--verbose --stat -n,--no-stat --no-verify --verify -f,--force-rebase,--no-ff --autostash --no-autostash --fork-point --no-fork-point --ignore-whitespace --whitespace= --autosquash --no-autosquash --committer-date-is-author-date --reapply-cherry-picks --update-refs !-i,--interactive !-x,--exec= !--edit-todo !-s,--strategy= !-X,--strategy-option= !-S=? !--gpg-sign=? !--show-current-patch",
    examine: inTree,
  },
  "fetch pull ls-remote": {
    options:
      "--all -a,--append --atomic --depth= --deepen= --unshallow -f,--force -k,--keep -p,--prune -P,--prune-tags -t,--tags -n,--no-tags -j,--jobs= -q,--quiet -v,--verbose --progress -4,--ipv4 -6,--ipv6 --dry-run --ff-only --no-rebase --rebase=? --heads -h --refs --get-url --symref --sort= --exit-code --autostash --no-autostash --recurse-submodules=? --no-recurse-submodules !--upload-pack= !--exec= !-o,--server-option= !--refmap= !-u !--set-upstream",
    examine: toRemote,
  },
  push: {
    options:
      "--all --branches --prune --mirror -n,--dry-run --porcelain -d,--delete --tags --follow-tags --no-follow-tags --atomic --no-atomic --force-with-lease=? --no-force-with-lease -f,--force --force-if-includes -q,--quiet -v,--verbose --progress -u,--set-upstream --no-verify --verify -4,--ipv4 -6,--ipv6 --thin --no-thin --no-recurse-submodules !--receive-pack= !--exec= !-o,--push-option= !--signed=? !--repo= !--recurse-submodules=",
    examine: toRemote,
  },
  clone: {
    options:
      "-q,--quiet -v,--verbose --progress -n,--no-checkout --bare --mirror -s,--shared -l,--local --no-local --no-hardlinks -o,--origin= -b,--branch= --depth= --shallow-since= --shallow-exclude= --single-branch --no-single-branch --no-tags --shallow-submodules -j,--jobs= --filter= --sparse --dissociate --reject-shallow !-u,--upload-pack= !--template= !-c,--config= !--recurse-submodules=? !--recursive !--reference= !--reference-if-able= !--separate-git-dir= !--bundle-uri= !--server-option=",
    examine: (view) => {
      toRemote(view);
      const [address, directory] = view.operands;
      const last = address?.text?.split(/[/:]/).findLast((part) => part !== "" && part !== ".git");
      const target = directory === undefined ? (last?.replace(/\.git$/, "") ?? null) : directory.text;
      view.paths.push({ op: "write", path: target });
    },
  },
  init: {
    options: "-q,--quiet --bare -b,--initial-branch= --object-format= --shared=? !--template= !--separate-git-dir=",
    operands: "write",
    examine: inRepository,
  },
  apply: {
    options:
      "--stat --numstat --summary --check --index -3,--3way -R,--reverse --reject -z -p= -C= --unidiff-zero --whitespace= -v,--verbose -q,--quiet --cached --recount --ignore-space-change --ignore-whitespace --inaccurate-eof --exclude= --include= --allow-empty !--unsafe-paths !--directory= !--build-fake-ancestor=",
    operands: "read",
    examine: (view) => {
      if (!uses(view, "--stat", "--numstat", "--summary", "--check")) view.paths.push({ op: "write", path: "." }, REPOSITORY);
    },
  },
};
