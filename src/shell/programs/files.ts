/** Programs that look at files or change them (coreutils 9, util-linux, file 5.44, tree 2.1; options from their manuals). */
import type { Program } from "../program.ts";
import { uses, valuesOf } from "../view.ts";
import type { View } from "../view.ts";
import { readListed } from "./text.ts";

/** `cp`, `mv`, `ln`, `install`: `-t DIR` makes every operand a source. */
function destination(role: "read" | "move" | "text"): (view: View) => void {
  return (view) => {
    if (valuesOf(view, "-t", "--target-directory").length === 0) return;
    const last = view.operands.at(-1);
    if (last === undefined) return;
    if (role !== "text") view.paths.push({ op: "read", path: last.text });
    if (role === "move") view.paths.push({ op: "delete", path: last.text });
  };
}

const COPY =
  "-a,--archive --attributes-only -b --backup=? --copy-contents -d -f,--force -i,--interactive -H -l,--link -L,--dereference -n,--no-clobber -P,--no-dereference -p --preserve=? --no-preserve= --parents -R,-r,--recursive --reflink=? --remove-destination --sparse= --strip-trailing-slashes -s,--symbolic-link -S,--suffix= -t,--target-directory=@write -T,--no-target-directory -u,--update --update=? -v,--verbose -x,--one-file-system -Z --context=? --debug --help --version";

export const files: Readonly<Record<string, Program>> = {
  ls: {
    options:
      "-a,--all -A,--almost-all --author -b,--escape --block-size= -B,--ignore-backups -c -C --color=? -d,--directory -D,--dired -f -F --classify=? --file-type --format= --full-time -g --group-directories-first -G,--no-group -h,--human-readable --si -H,--dereference-command-line --dereference-command-line-symlink-to-dir --hide= --hyperlink=? --indicator-style= -i,--inode -I,--ignore= -k,--kibibytes -l -L,--dereference -m -n,--numeric-uid-gid -N,--literal -o -p -q,--hide-control-chars --show-control-chars -Q,--quote-name --quoting-style= -r,--reverse -R,--recursive -s,--size -S --sort= --time= --time-style= -t -T,--tabsize= -u -U -v -w,--width= -x -X -Z,--context --zero -1 --help --version",
    operands: "list",
    bare: "list",
    set: "read-basic",
  },
  tree: {
    options:
      "-a -d -l -f -x -L= -R -P= -I= --gitignore --gitfile=@read --ignore-case --matchdirs --metafirst --prune --info --infofile=@read --noreport --charset= --filelimit= --filesfirst -q -N -Q -p -u -g -s -h --si --du -D --timefmt= -F --inodes --device -v -t -c -U -r --dirsfirst --sort= -i -A -S -n -C -X -J -H= -T= --nolinks --hintro=@read --houtro=@read -o=@write !--fromfile !--fromtabfile --help --version",
    operands: "list",
    bare: "list",
    set: "read-basic",
  },
  du: {
    options:
      "-0,--null -a,--all --apparent-size -B,--block-size= -b,--bytes -c,--total -D,--dereference-args -d,--max-depth= --files0-from=@read -H -h,--human-readable --inodes -k -L,--dereference -l,--count-links -m -P,--no-dereference -S,--separate-dirs --si -s,--summarize -t,--threshold= --time=? --time-style= -X,--exclude-from=@read --exclude= -x,--one-file-system --help --version",
    operands: "list",
    bare: "list",
    set: "read-basic",
    examine: readListed,
  },
  // File systems, not files: an operand only chooses which.
  df: {
    options:
      "-a,--all -B,--block-size= -h,--human-readable -H,--si -i,--inodes -k -l,--local --no-sync --output=? -P,--portability --sync --total -t,--type= -T,--print-type -x,--exclude-type= -v --help --version",
    operands: "list",
    set: "read-basic",
  },
  stat: {
    options: "-L,--dereference -f,--file-system --cached= -c,--format= --printf= -t,--terse --help --version",
    operands: "list",
    set: "read-basic",
  },
  file: {
    options:
      "-b,--brief --apple -c,--checking-printout -d,--debug -e,--exclude= --exclude-quiet= --extension -F,--separator= -f,--files-from=@read -h,--no-dereference -i,--mime --mime-type --mime-encoding -k,--keep-going -L,--dereference -l,--list !-C,--compile !-m,--magic-file=@read -N,--no-pad -n,--no-buffer -p,--preserve-date -P,--parameter= -r,--raw -s,--special-files -S,--no-sandbox -v,--version !-z,--uncompress !-Z,--uncompress-noreport -0,--print0 --help",
    operands: "read",
    set: "read-basic",
    examine: (view) => {
      if (uses(view, "-f", "--files-from")) view.paths.push({ op: "read", path: null });
    },
  },
  realpath: {
    options:
      "-e,--canonicalize-existing -m,--canonicalize-missing -L,--logical -P,--physical -q,--quiet --relative-to=@list --relative-base=@list -s,--strip,--no-symlinks -z,--zero --help --version",
    operands: "list",
    set: "read-basic",
  },
  readlink: {
    options:
      "-f,--canonicalize -e,--canonicalize-existing -m,--canonicalize-missing -n,--no-newline -q,--quiet -s,--silent -v,--verbose -z,--zero --help --version",
    operands: "list",
    set: "read-basic",
  },
  basename: { options: "-a,--multiple -s,--suffix= -z,--zero --help --version", set: "read-basic" },
  dirname: { options: "-z,--zero --help --version", set: "read-basic" },
  namei: {
    options: "-l,--long -m,--modes -n,--nosymlinks -o,--owners -v,--vertical -x,--mountpoints",
    operands: "list",
    set: "read-basic",
  },
  cd: { options: "-P -L -e", optionsFirst: true, operands: "list", set: "read-basic" },
  touch: {
    options: "-a -c,--no-create -d,--date= -f -h,--no-dereference -m -r,--reference=@list -t= --time= --help --version",
    operands: "entry",
  },
  mkdir: { options: "-m,--mode= -p,--parents -v,--verbose -Z --context=? --help --version", operands: "entry" },
  rmdir: { options: "--ignore-fail-on-non-empty -p,--parents -v,--verbose --help --version", operands: "delete" },
  rm: {
    options:
      "-f,--force -i -I --interactive=? --one-file-system --no-preserve-root --preserve-root=? -r,-R,--recursive -d,--dir -v,--verbose --help --version",
    operands: "delete",
  },
  unlink: { options: "--help --version", operands: "delete" },
  shred: {
    options: "-f,--force -n,--iterations= --random-source=@read -s,--size= -u --remove=? -v,--verbose -x,--exact -z,--zero",
    operands: "write",
  },
  truncate: { options: "-c,--no-create -o,--io-blocks -r,--reference=@list -s,--size= --help --version", operands: "write" },
  cp: { options: COPY, operands: "read", last: "write", examine: destination("read") },
  mv: {
    options:
      "-b --backup=? -f,--force -i,--interactive -n,--no-clobber --strip-trailing-slashes -S,--suffix= -t,--target-directory=@write -T,--no-target-directory -u,--update --update=? -v,--verbose -Z,--context --help --version",
    operands: "move",
    last: "write",
    examine: destination("move"),
  },
  // A link opens a way to its target, and a hard link gives a file a second name: both sides are judged as written.
  ln: {
    options:
      "-b --backup=? -d,-F,--directory -f,--force -i,--interactive -L,--logical -n,--no-dereference -P,--physical -r,--relative -s,--symbolic -S,--suffix= -t,--target-directory=@write -T,--no-target-directory -v,--verbose --help --version",
    operands: "write",
    examine: (view) => {
      if (view.operands.length === 1) view.paths.push({ op: "write", path: "." });
    },
  },
  link: { operands: "write" },
  install: {
    options:
      "-b --backup=? -c -C,--compare -d,--directory -D -g,--group= -m,--mode= -o,--owner= -p,--preserve-timestamps -s,--strip !--strip-program= -S,--suffix= -t,--target-directory=@write -T,--no-target-directory -v,--verbose --help --version",
    operands: "read",
    last: "write",
    examine: destination("read"),
  },
  mkfifo: { options: "-m,--mode= -Z --context=? --help --version", operands: "write" },
  mknod: { options: "-m,--mode= -Z --context=? --help --version", operands: "write text" },
  mktemp: { options: "-d,--directory -u,--dry-run -q,--quiet --suffix= -p=@write --tmpdir=?@write -t --help --version", operands: "write" },
  chmod: {
    options:
      "-c,--changes -f,--silent,--quiet -v,--verbose --no-preserve-root --preserve-root --reference=@list -R,--recursive --help --version",
    operands: "text write",
    insteadOfFirst: "--reference",
  },
  chown: {
    options:
      "-c,--changes -f,--silent,--quiet -v,--verbose --dereference -h,--no-dereference --from= --no-preserve-root --preserve-root --reference=@list -R,--recursive -H -L -P --help --version",
    operands: "text write",
    insteadOfFirst: "--reference",
  },
  chgrp: {
    options:
      "-c,--changes -f,--silent,--quiet -v,--verbose --dereference -h,--no-dereference --no-preserve-root --preserve-root --reference=@list -R,--recursive -H -L -P --help --version",
    operands: "text write",
    insteadOfFirst: "--reference",
  },
  dd: {
    options: "--help --version",
    examine: (view) => {
      for (const { text, word } of view.operands) {
        const equals = text?.indexOf("=") ?? -1;
        const value = text === null ? null : text.slice(equals + 1);
        if (text === null || text.startsWith("of=")) view.paths.push({ op: "write", path: value });
        else if (text.startsWith("if=")) view.paths.push({ op: "read", path: value });
        else if (equals < 0) view.hazards.push({ word, reason: "not a setting of dd" });
      }
      if (!view.operands.some(({ text }) => text?.startsWith("if="))) view.input = true;
    },
  },
};
