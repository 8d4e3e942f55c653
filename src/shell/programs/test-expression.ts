/** `test` and `[`: looks at files, changes nothing. */
import type { View } from "../view.ts";

const ON_FILES = new Set("-a -b -c -d -e -f -g -G -h -k -L -N -O -p -r -s -S -u -w -x".split(" "));

/** Every word is data for the coreutils program (bash's own builtin evaluates `-v 'a[$(x)]'`, which is why it is never used). */
export function examineTest(view: View): void {
  view.seen.length = 0;
  view.hazards.length = 0;
  view.operands.length = 0;
  view.words.forEach((word, at) => {
    if (at === 0 || word === null) return;
    const next = view.words[at + 1];
    const before = view.words[at - 1];
    if (ON_FILES.has(word) && next !== undefined && next !== "]") {
      view.seen.push({ name: word, word: at });
      view.paths.push({ op: "list", path: next });
    } else if (word === "-nt" || word === "-ot" || word === "-ef") {
      for (const path of [before, next]) if (path !== undefined) view.paths.push({ op: "list", path });
    } else if (word === "-v" || word === "-R") view.hazards.push({ word: at, reason: "evaluates a variable name" });
  });
}
