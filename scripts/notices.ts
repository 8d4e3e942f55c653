/** THIRD_PARTY_NOTICES: the bundle holds other people's packages, and their licences ask that notice and text go along with every copy. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** A package of which code is in the bundle. */
export interface Bundled {
  readonly name: string;
  readonly version: string;
}

interface Notice extends Bundled {
  readonly licence: string;
  /** The texts that the package itself ships: LICENSE, NOTICE and the like. */
  readonly texts: readonly string[];
}

const RULE = "=".repeat(80);

/** The notices of the packages that own `inputs` (paths from esbuild's metafile, below `root`). Throws when one ships no licence text. */
export function noticesOf(root: string, inputs: readonly string[]): string {
  const directories = new Set(inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  const notices = [...directories]
    .map((directory) => readNotice(join(root, directory)))
    .sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
  const parts = notices.map(({ name, version, licence, texts }) => `${RULE}\n${name}@${version} (${licence})\n\n${texts.join("\n\n")}\n`);
  return `Portcullis contains code of the following packages.\n\n${parts.join("\n")}`;
}

/** The packages that a text of noticesOf names. */
export function bundledIn(notices: string): Bundled[] {
  return [...notices.matchAll(/^={80}\n(.+)@([^@]+) \(.+\)$/gm)].map(([, name = "", version = ""]) => ({ name, version }));
}

function readNotice(directory: string): Notice {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Record<string, string>;
  const files = readdirSync(directory).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  if (!name || !version || !license || files.length === 0)
    throw new Error(`${directory} is bundled and has no licence text: leave it out of the bundle, or find its licence`);
  return { name, version, licence: license, texts: files.sort().map((file) => readFileSync(join(directory, file), "utf8").trim()) };
}
