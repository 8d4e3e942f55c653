/** `awk`: a language. Only programs that can do no more than compute and print on standard output are let through. */
import type { Program } from "../program.ts";
import { uses } from "../view.ts";
import type { View } from "../view.ts";

/** Words by which an awk program reaches files, programs, the environment or code elsewhere (gawk manual, 4.10, 5.9, 7.5, 9.2). */
const REACHES = /system|getline|close|ENVIRON|PROCINFO|ARGV|ARGC|@/;

/**
 * Could the program redirect or pipe its output? A `>` counts as a comparison only inside plain parentheses, or in the pattern before an
 * action (`$3 > 5 { ... }`); a quote inside a regular expression makes strings unsure, so then nothing is taken out.
 */
function redirects(program: string): boolean {
  const sure = !/\/[^/"\n]*"[^/\n]*\//.test(program);
  const bare = (sure ? program.replace(/"(?:\\.|[^"\\\n])*"/g, '""') : program).replace(/\|\|/g, " ");
  const compared = bare.replace(/\([^(){};/\n"|]*\)/g, "()").replace(/(^|[};])[^{};\n"|]*(?=\{)/g, (part) => part.replace(/>/g, " "));
  return /[|>]/.test(compared);
}

function examine(view: View): void {
  const fromFile = uses(view, "-f", "--file", "-E", "--exec", "-e", "--source");
  const [first] = view.operands;
  const files = fromFile ? view.operands : view.operands.slice(1);
  if (!fromFile && first !== undefined) {
    const { text } = first;
    if (text === null || REACHES.test(text) || redirects(text))
      view.hazards.push({ word: first.word, reason: "an awk program that can reach files or programs" });
  }
  let read = 0;
  for (const { text } of files) {
    if (text !== null && /^[A-Za-z_]\w*=/.test(text)) continue;
    read++;
    if (text === "-") view.input = true;
    else view.paths.push({ op: "read", path: text });
  }
  if (read === 0) view.input = true;
}

export const awk: Program = {
  options:
    "-F,--field-separator= -v,--assign= !-f,--file= !-e,--source= !-E,--exec= !-i,--include= !-l,--load= !-d,--dump-variables=? !-D,--debug=? !-o,--pretty-print=? !-p,--profile=? -b,--characters-as-bytes -c,--traditional -C,--copyright -h,--help -n,--non-decimal-data -N,--use-lc-numeric -O,--optimize -P,--posix -r,--re-interval -s,--no-optimize -S,--sandbox -t,--lint-old -V,--version",
  optionsFirst: true,
  set: "read-basic",
  examine,
};
