/**
 * Swaps a directory and a file of a workspace for links that lead outside, and back, as fast as it can; says "swapping" once it does.
 * Usage: node race-swapper.js ROOT. It finds ROOT/dir and ROOT/file.txt, and ROOT/dir.link and ROOT/file.link that lead outside.
 */
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const [root] = process.argv.slice(2);
const swaps = ["dir", "file.txt"].map((name) => {
  const path = join(root, name);
  return { path, link: path.replace(/(\.txt)?$/, ".link"), real: `${path}.real` };
});

process.on("disconnect", () => process.exit());
process.send?.("swapping");

/** A round in bursts, so that a lost parent is noticed between them. */
function swap() {
  for (let round = 0; round < 200; round++) {
    for (const { path, link, real } of swaps) {
      renameSync(path, real);
      put(link, path);
      renameSync(path, link);
      put(real, path);
    }
  }
  setImmediate(swap);
}

/** The attacked may make a directory where there is nothing for a moment, and write into it; that one goes. */
function put(from, to) {
  for (;;) {
    try {
      return renameSync(from, to);
    } catch {
      try {
        rmSync(to, { recursive: true, force: true });
      } catch {
        // Written into meanwhile: once more.
      }
    }
  }
}
swap();
