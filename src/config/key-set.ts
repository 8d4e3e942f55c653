/** The issuer's public keys in a file (`auth.jwks`), for machines that reach no issuer. */
import { readFile, stat } from "node:fs/promises";

/** Bytes, as for a set that is fetched. */
const LARGEST = 256 * 1024;

/** Reads it anew each time, so that keys can be replaced while the server runs. Rejects with what an operator can mend; what it holds is checked by its reader. */
export async function readKeySet(file: string): Promise<unknown> {
  if ((await stat(file)).size > LARGEST) throw new Error(`the file of auth.jwks has more than ${LARGEST} bytes`);
  return JSON.parse(await readFile(file, "utf8")) as unknown;
}
