/** A process that logs to a shared file: `node writer-child.ts FILE NAME COUNT SIZE`. It rotates as soon as the file holds SIZE bytes. */
import { openLogAt } from "./world.ts";

const [file = "", name = "", count = "0", size = "1024"] = process.argv.slice(2);
const log = openLogAt(file, { rotate: { size: Number(size), age: 86_400_000, keep: 1000 } });
for (let n = 0; n < Number(count); n += 1) {
  log.logger.info({ name, n, text: "x".repeat(n % 200) }, "line");
  // Gives way to the writing, so that the processes take turns.
  if (n % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
}
await log.flush();
