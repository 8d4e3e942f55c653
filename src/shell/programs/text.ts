/** Programs that read text and print it (GNU coreutils 9, diffutils 3.8, util-linux 2.38; options from their manuals). */
import type { Program } from "../program.ts";
import { uses } from "../view.ts";
import type { View } from "../view.ts";

const SUM: Program = {
  options:
    "-a,--algorithm= -b,--binary -c,--check -l,--length= -t,--text -z,--zero --tag --untagged --base64 --raw --ignore-missing --quiet --status --strict -w,--warn --debug --help --version",
  operands: "read",
  bare: "input",
  set: "read-basic",
  // The names in a list of checksums are read too, and are not known here.
  examine: (view) => {
    if (uses(view, "-c", "--check")) view.paths.push({ op: "read", path: null });
  },
};

const BASE: Program = {
  options: "-d,-D,--decode -i,--ignore-garbage -w,--wrap= -b,--break= --help --version",
  operands: "read",
  bare: "input",
  set: "read-basic",
};

/** `--files0-from=LIST` reads the files that a list names, which are not known here. */
export function readListed(view: View): void {
  if (!uses(view, "--files0-from")) return;
  view.paths.push({ op: "read", path: null });
  view.input = false;
}

/** Filters: every operand is read, or standard input without one. */
function filter(options: string, more: Partial<Program> = {}): Program {
  return { options: `${options} --help --version`, operands: "read", bare: "input", set: "read-basic", ...more };
}

export const text: Readonly<Record<string, Program>> = {
  cat: filter(
    "-A,--show-all -b,--number-nonblank -e -E,--show-ends -n,--number -s,--squeeze-blank -t -T,--show-tabs -u -v,--show-nonprinting",
  ),
  tac: filter("-b,--before -r,--regex -s,--separator="),
  rev: filter(""),
  nl: filter(
    "-b,--body-numbering= -d,--section-delimiter= -f,--footer-numbering= -h,--header-numbering= -i,--line-increment= -l,--join-blank-lines= -n,--number-format= -p,--no-renumber -s,--number-separator= -v,--starting-line-number= -w,--number-width=",
  ),
  head: filter("-c,--bytes= -n,--lines= -q,--quiet,--silent -v,--verbose -z,--zero-terminated", { digits: true }),
  // Following a file never ends by itself.
  tail: filter(
    "-c,--bytes= -n,--lines= -q,--quiet,--silent -v,--verbose -z,--zero-terminated !-f !--follow=? !-F !--retry !--pid= !-s,--sleep-interval= !--max-unchanged-stats=",
    { digits: true },
  ),
  wc: filter("-c,--bytes -m,--chars -l,--lines -L,--max-line-length -w,--words --total= --files0-from=@read !--debug", {
    examine: readListed,
  }),
  cut: filter(
    "-b,--bytes= -c,--characters= -d,--delimiter= -f,--fields= -n -s,--only-delimited -z,--zero-terminated --complement --output-delimiter=",
  ),
  paste: filter("-d,--delimiters= -s,--serial -z,--zero-terminated"),
  fold: filter("-b,--bytes -s,--spaces -w,--width=", { digits: true }),
  fmt: filter("-c,--crown-margin -p,--prefix= -s,--split-only -t,--tagged-paragraph -u,--uniform-spacing -w,--width= -g,--goal=", {
    digits: true,
  }),
  expand: filter("-i,--initial -t,--tabs=", { digits: true }),
  unexpand: filter("-a,--all --first-only -t,--tabs=", { digits: true }),
  column: filter(
    "-t,--table -s,--separator= -o,--output-separator= -c,--output-width= -x,--fillrows -N,--table-columns= -R,--table-right= -H,--table-hide= -n,--table-name= -J,--json -l,--table-columns-limit= -L,--keep-empty-lines -d,--table-noheadings -W,--table-wrap= -T,--table-truncate= -E,--table-noextreme= -e,--table-header-repeat -r,--tree= -i,--tree-id= -p,--tree-parent= -h -V -O,--table-order=",
  ),
  join: filter("-a= -e= -i,--ignore-case -j= -o= -t= -v= -1= -2= --check-order --nocheck-order --header -z,--zero-terminated"),
  comm: filter("-1 -2 -3 --check-order --nocheck-order --output-delimiter= --total -z,--zero-terminated"),
  tsort: filter(""),
  pr: filter(
    "-a,--across -d,--double-space -f,-F,--form-feed -h,--header= -l,--length= -m,--merge -n,--number-lines=? -o,--indent= -t,--omit-header -T -w,--width= -W,--page-width=",
    { digits: true },
  ),
  od: filter(
    "-A,--address-radix= -j,--skip-bytes= -N,--read-bytes= -S,--strings=? -t,--format= -v,--output-duplicates -w,--width=? -a -b -c -d -f -i -l -o -s -x --endian= --traditional",
  ),
  hexdump: filter(
    "-b,--one-byte-octal -c,--one-byte-char -C,--canonical -d,--two-bytes-decimal -e,--format= -f,--format-file=@read -L,--color=? -n,--length= -o,--two-bytes-octal -s,--skip= -v,--no-squeezing -x,--two-bytes-hex",
  ),
  xxd: {
    options: "-a -b -C -c= -E -e -g= -i -l= -n= -o= -p,-ps -r -s= -u -v -d -R=",
    singleDash: true,
    operands: "read write",
    bare: "input",
    set: "read-basic",
  },
  strings: filter(
    "-a,--all -d,--data -f,--print-file-name -n,--bytes= -t,--radix= -o -T,--target= -e,--encoding= -s,--output-separator= -w,--include-all-whitespace",
    { digits: true },
  ),
  base64: BASE,
  base32: BASE,
  cksum: SUM,
  sum: SUM,
  md5sum: SUM,
  sha1sum: SUM,
  sha224sum: SUM,
  sha256sum: SUM,
  sha384sum: SUM,
  sha512sum: SUM,
  b2sum: SUM,
  shasum: { ...SUM, options: `${SUM.options ?? ""} -U,--UNIVERSAL -0,--01 -s,-p,--portable` },
  tr: {
    options: "-c,-C,--complement -d,--delete -s,--squeeze-repeats -t,--truncate-set1 --help --version",
    input: true,
    set: "read-basic",
  },
  numfmt: {
    options:
      "--debug -d,--delimiter= --field= --format= --from= --from-unit= --grouping --header=? --invalid= --padding= --round= --suffix= --to= --to-unit= -z,--zero-terminated --help --version",
    set: "read-basic",
  },
  sort: filter(
    "-b,--ignore-leading-blanks -d,--dictionary-order -f,--ignore-case -g,--general-numeric-sort -i,--ignore-nonprinting -M,--month-sort -h,--human-numeric-sort -n,--numeric-sort -R,--random-sort --random-source=@read -r,--reverse --sort= -V,--version-sort --batch-size= -c,-C --check=? !--compress-program= --debug --files0-from=@read -k,--key= -m,--merge -o,--output=@write -s,--stable -S,--buffer-size= -t,--field-separator= -T,--temporary-directory=@write --parallel= -u,--unique -z,--zero-terminated",
    {
      examine: readListed,
    },
  ),
  shuf: {
    options:
      "-e,--echo -i,--input-range= -n,--head-count= -o,--output=@write --random-source=@read -r,--repeat -z,--zero-terminated --help --version",
    set: "read-basic",
    examine: (view) => {
      const made = uses(view, "-e", "--echo", "-i", "--input-range");
      if (made) return;
      for (const { text } of view.operands) view.paths.push({ op: "read", path: text });
      if (view.operands.length === 0) view.input = true;
    },
  },
  // The second operand is the OUTPUT file.
  uniq: {
    options:
      "-c,--count -d,--repeated -D --all-repeated=? -f,--skip-fields= --group=? -i,--ignore-case -s,--skip-chars= -u,--unique -w,--check-chars= -z,--zero-terminated --help --version",
    operands: "read write",
    bare: "input",
    set: "read-basic",
    digits: true,
  },
  tee: { options: "-a,--append -i,--ignore-interrupts -p --output-error=? --help --version", operands: "write", input: true },
  split: {
    options:
      "-a,--suffix-length= --additional-suffix= -b,--bytes= -C,--line-bytes= -d -x --numeric-suffixes=? --hex-suffixes=? -e,--elide-empty-files !--filter= -l,--lines= -n,--number= -t,--separator= -u,--unbuffered --verbose --help --version",
    operands: "read write",
    digits: true,
    // Without a prefix it writes xaa, xab ... here.
    examine: (view) => {
      if (view.operands.length < 2) view.paths.push({ op: "write", path: "x" });
      if (view.operands.length === 0) view.input = true;
    },
  },
  csplit: {
    options:
      "-b,--suffix-format= -f,--prefix=@write -k,--keep-files --suppress-matched -n,--digits= -s,-q,--quiet,--silent -z,--elide-empty-files --help --version",
    operands: "read text",
    examine: (view) => {
      if (!uses(view, "-f", "--prefix")) view.paths.push({ op: "write", path: "xx" });
    },
  },
  diff: filter(
    "-q,--brief -s,--report-identical-files -c -C= --context=? -u -U= --unified=? -e,--ed -n,--rcs -y,--side-by-side -W,--width= --left-column --suppress-common-lines -p,--show-c-function -F,--show-function-line= --label= -t,--expand-tabs -T,--initial-tab --tabsize= --suppress-blank-empty -l,--paginate -r,--recursive --no-dereference -N,--new-file --unidirectional-new-file --ignore-file-name-case --no-ignore-file-name-case -x,--exclude= -X,--exclude-from=@read -S,--starting-file= --from-file=@read --to-file=@read -i,--ignore-case -E,--ignore-tab-expansion -Z,--ignore-trailing-space -b,--ignore-space-change -w,--ignore-all-space -B,--ignore-blank-lines -I,--ignore-matching-lines= -a,--text --strip-trailing-cr -D,--ifdef= --GTYPE-group-format= --line-format= --horizon-lines= -d,--minimal --speed-large-files --color=? --palette= --normal",
    { digits: true },
  ),
  cmp: filter("-b,--print-bytes -i,--ignore-initial= -l,--verbose -n,--bytes= -s,--quiet,--silent", { operands: "read read text" }),
  iconv: filter("-f,--from-code= -t,--to-code= -l,--list -c -o,--output=@write -s,--silent --verbose"),
  echo: { set: "read-basic", optionsFirst: true, options: "-n -e -E --help --version", examine: literal },
  printf: { set: "read-basic", optionsFirst: true, options: "--help --version" },
  seq: { set: "read-basic", options: "-f,--format= -s,--separator= -w,--equal-width --help --version", digits: true },
  yes: { options: "--help --version", operands: "text" },
};

/** `echo` prints what it doesn't know as an option. */
function literal(view: { readonly seen: { length: number }; readonly hazards: { length: number } }): void {
  view.seen.length = 0;
  view.hazards.length = 0;
}
