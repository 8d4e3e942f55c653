/**
 * `git` 2.39 and later: subcommands that only look, by an allow-list of their options, and those that change the repository.
 * Writes inside `.git` are marked as git's own: the floor lets them through where a rule allows the command, but not configuration or hooks.
 */
import type { Program } from "../program.ts";
import { uses, valuesOf } from "../view.ts";
import type { View } from "../view.ts";
import { gitReading } from "./git-read.ts";
import { gitWriting } from "./git-write.ts";

/** Global options come before the subcommand; all but these can make git run programs or work on another repository. */
function examineGlobal(view: View): void {
  for (const path of valuesOf(view, "-C")) {
    view.paths.push({ op: "list", path, base: "." });
    // Several -C add up; a word is as much as is kept.
    view.base = view.base === undefined ? path : null;
  }
  if (
    uses(
      view,
      "-c",
      "--config-env",
      "--exec-path",
      "-p",
      "--paginate",
      "--git-dir",
      "--work-tree",
      "--bare",
      "--namespace",
      "--attr-source",
    )
  )
    view.opaque.push("global options of git that can run programs or choose another repository");
}

export const git: Program = {
  options:
    "-C= --no-pager -P --no-optional-locks --literal-pathspecs --glob-pathspecs --noglob-pathspecs --icase-pathspecs --no-replace-objects --no-lazy-fetch --no-advice -v,--version --html-path --man-path --info-path !-h,--help !-c= !--config-env= !--exec-path=? !-p,--paginate !--git-dir= !--work-tree= !--bare !--namespace= !--attr-source= !--super-prefix= !--list-cmds=",
  subcommands: { ...gitReading, ...gitWriting },
  examine: examineGlobal,
};
