import { fileURLToPath } from "node:url";

/** How this very program is started again. */
export function entryWords(): string[] {
  return [process.execPath, fileURLToPath(new URL("./cli.js", import.meta.url))];
}
