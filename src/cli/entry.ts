/** How this very program is started again. */
import { fileURLToPath } from "node:url";

/** The words that start one of our own commands. */
export function entryWords(): string[] {
  return [process.execPath, fileURLToPath(new URL("./cli.js", import.meta.url))];
}
