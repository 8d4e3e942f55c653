/** Archivers and compressors. What an archive unpacks is not known before it runs. */
import type { Program } from "../program.ts";
import { uses, valuesOf } from "../view.ts";
import type { View } from "../view.ts";

/** Old style: `tar cf out.tar dir` bundles without a dash. The bundle's values follow in order. */
function readOldStyle(view: View): void {
  const [first] = view.operands;
  const second = view.words[1];
  if (first === undefined || first.word !== 1 || second === null || second === undefined || !/^[A-Za-z]+$/.test(second)) return;
  view.operands.shift();
  for (const letter of second) {
    const name = `-${letter}`;
    if ("fbCTXgKNIFHV".includes(letter)) {
      const value = view.operands.shift();
      view.seen.push({ name, word: value?.word ?? 1, ...(value === undefined ? {} : { value: value.text }) });
      if ("IFHgKNV".includes(letter))
        view.hazards.push({ word: value?.word ?? 1, reason: `\`${name}\` can run code or change what is read` });
    } else {
      view.seen.push({ name, word: 1 });
      if (!"cxtrudAvzjJZaklmoOpPSsUwhWB".includes(letter)) view.hazards.push({ word: 1, reason: `\`${name}\` is not an option we know` });
    }
  }
}

function examineTar(view: View): void {
  readOldStyle(view);
  const archives = valuesOf(view, "-f", "--file");
  const creates = uses(view, "-c", "--create", "-r", "--append", "-u", "--update", "-A", "--catenate", "--concatenate", "--delete");
  const directories = valuesOf(view, "-C", "--directory");
  for (const path of archives) {
    if (path !== null && /^[^/]*:/.test(path) && !uses(view, "--force-local"))
      view.hazards.push({ word: 1, reason: "an archive on another machine" });
    if (path === "-") view.input ||= !creates;
    else view.paths.push({ op: creates ? "write" : "read", path });
  }
  for (const path of valuesOf(view, "-T", "--files-from")) view.paths.push({ op: "read", path }, { op: "read", path: null });
  for (const path of valuesOf(view, "-X", "--exclude-from")) view.paths.push({ op: "read", path });
  if (creates)
    for (const { text } of view.operands)
      view.paths.push({
        op: "read",
        path: text,
        ...(directories.length > 0 ? { base: directories.length > 1 ? null : (directories[0] ?? null) } : {}),
      });
  else if (uses(view, "-x", "--extract", "--get") && !uses(view, "-O", "--to-stdout"))
    view.paths.push({ op: "write", path: directories.at(-1) ?? "." });
  if (uses(view, "--remove-files")) for (const { text } of view.operands) view.paths.push({ op: "delete", path: text });
}

/** Replaces each file by its packed or unpacked self, unless it goes to standard output. */
function inPlace(...toOutput: string[]): (view: View) => void {
  return (view) => {
    for (const { text } of view.operands) {
      view.paths.push({ op: "read", path: text });
      if (!uses(view, ...toOutput))
        view.paths.push({ op: "write", path: text === null ? null : `${text}.*` }, { op: "delete", path: text });
    }
    if (view.operands.length === 0) view.input = true;
  };
}

const PACK: Program = {
  options:
    "-c,--stdout,--to-stdout -d,--decompress,--uncompress -f,--force -h,--help -k,--keep -l,--list -L,--license -n,--no-name -N,--name -q,--quiet -r,--recursive -S,--suffix= -t,--test -v,--verbose -V,--version -z,--compress -T,--threads= -e,--extreme --fast --best -1 -2 -3 -4 -5 -6 -7 -8 -9 -0 --rsyncable --synchronous",
  examine: inPlace("-c", "--stdout", "--to-stdout", "-l", "--list", "-t", "--test"),
};
const PACKED_CAT: Program = { options: "-f -h --help -v -V", operands: "read", bare: "input" };

export const archives: Readonly<Record<string, Program>> = {
  "tar gtar bsdtar": {
    options:
      "-c,--create -x,--extract,--get -t,--list -r,--append -u,--update -A,--catenate,--concatenate -d,--diff,--compare --delete -f,--file= -v,--verbose -z,--gzip,--gunzip -j,--bzip2 -J,--xz --zstd --lzma --lzip -Z,--compress -a,--auto-compress --no-auto-compress -C,--directory= -k,--keep-old-files --keep-newer-files --skip-old-files --overwrite -m,--touch -O,--to-stdout -p,--preserve-permissions --same-permissions --no-same-permissions --no-same-owner --same-owner --owner= --group= --mode= --mtime= --sort= --numeric-owner --exclude= -X,--exclude-from= --exclude-vcs --exclude-vcs-ignores --exclude-hidden --anchored --no-anchored --wildcards --no-wildcards --strip-components= --null -T,--files-from= -h,--dereference --hard-dereference -P,--absolute-names --force-local -S,--sparse -s,--preserve-order -l,--check-links -U,--unlink-first --recursive-unlink -w,--interactive,--confirmation -W,--verify -B,--read-full-records -b,--blocking-factor= -H,--format= --posix --totals=? --no-recursion --one-file-system --remove-files --show-transformed-names --checkpoint=? --help --usage --version --ignore-failed-read --warning= --quoting-style= -o,--old-archive !--checkpoint-action= !--to-command= !-I,--use-compress-program= !-F,--info-script,--new-volume-script= !--rsh-command= !--rmt-command= !--transform,--xform= !-g,--listed-incremental= !-G,--incremental !-K,--starting-file= !-N,--newer,--after-date= !-M,--multi-volume !-L,--tape-length= !--index-file= !-V,--label= !--suffix= !--backup=? !--volno-file= !--one-top-level=? !--add-file= !--newer-mtime= !--exclude-ignore= !--exclude-tag=",
    examine: examineTar,
  },
  "gzip gunzip bzip2 bunzip2 xz unxz lzma zstd unzstd lz4 compress uncompress pigz": PACK,
  "zcat bzcat xzcat zstdcat": PACKED_CAT,
  zip: {
    options:
      "-r,--recurse-paths -q,--quiet -v,--verbose -j,--junk-paths -9 -0 -1 -u,--update -x= -i= -@ !-T,--test !-TT,--unzip-command= !-m,--move !-d,--delete !-b= !-O,--output-file=",
    singleDash: true,
    operands: "write read",
  },
  unzip: {
    options: "-l -v -t -p -c -z -o -n -q -qq -j -L -C -a -d=@write -x= -Z",
    singleDash: true,
    operands: "read text",
    examine: (view) => {
      if (!uses(view, "-l", "-v", "-t", "-p", "-c", "-z", "-d", "-Z")) view.paths.push({ op: "write", path: "." });
    },
  },
  "7z 7za cpio ar rar unrar pax zipinfo": { options: "-h --help", operands: "code" },
};
