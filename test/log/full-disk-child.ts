/** Fills a small disk under a log but for one page, makes room again, and prints what became of the lines: `node full-disk-child.ts DIRECTORY`. */
import { closeSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { tryLog } from "../../src/log/try-log.ts";
import { openSinkAt } from "./world.ts";

const PAGE = 4096;
const [directory = ""] = process.argv.slice(2);
const file = join(directory, "server.log");
const filler = join(directory, "filler");
const doctor: string[] = [];
const look = () => doctor.push(codeOf(() => tryLog(file)));
const { sink, trouble, end } = openSinkAt(file);
// A log holds no process up; here there is nothing else.
const alive = setInterval(() => undefined, 1_000);
const line = (n: number, length: number) => sink.write(`${JSON.stringify({ n, text: "x".repeat(length) })}\n`);

look();
const fd = openSync(filler, "w");
let filled = 0;
while (codeOf(() => (filled += writeSync(fd, Buffer.alloc(PAGE)))) === "fine");
ftruncateSync(fd, filled - PAGE);
closeSync(fd);
look();
// More than a page at once, so that a line is cut.
for (let n = 0; n < 200; n += 1) line(n, 100);
const told = await trouble;
const cut = !readFileSync(file, "utf8").endsWith("\n");
while (sink.dropped() === 0) line(-1, 60_000);
const dropped = sink.dropped();
rmSync(filler);
const lost = (await end) === dropped;
look();
line(200, 1);
await sink.end(5_000);
const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
const whole = lines.flatMap((text) => (codeOf(() => void JSON.parse(text)) === "fine" ? [JSON.parse(text) as { n: number }] : []));
const numbers = whole.flatMap(({ n }) => (n < 0 ? [] : [n]));
process.stdout.write(JSON.stringify({ doctor, told, cut, fragments: lines.length - whole.length, lost, numbers }));
clearInterval(alive);

function codeOf(attempt: () => void): string {
  try {
    attempt();
    return "fine";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
