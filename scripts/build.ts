/** Bundles the sources into dist/: code-split, native packages left outside, so that a start loads little and the V8 compile cache holds it. */
import { build } from "esbuild";
import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileProfile } from "../src/policy/read-compiled.ts";
import { readFile } from "../src/policy/read-file.ts";
import { PROFILES } from "../src/policy/reader.ts";
import { noticesOf } from "./notices.ts";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

rmSync(dist, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { main: "src/cli/main.ts", "sanitize-worker": "src/sanitize/worker.ts" },
  outdir: dist,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node22",
  external: ["better-sqlite3", "@vscode/ripgrep"],
  // Its main file is UMD, whose parts a bundler can't find.
  alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" },
  chunkNames: "chunk-[hash]",
  define: { PORTCULLIS_VERSION: JSON.stringify(version) },
  banner: { js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);' },
  legalComments: "none",
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: "warning",
  metafile: true,
});
writeFileSync(join(dist, "THIRD_PARTY_NOTICES.txt"), noticesOf(root, Object.keys(metafile.inputs)));
// Built-in profiles lie beside the code that asks for them, as people read them and compiled, so that a start needs no YAML.
cpSync(join(root, "src", "policy", "profiles"), join(dist, "profiles"), { recursive: true });
for (const name of PROFILES) {
  const compiled = compileProfile(readFile(`profile:${name}`, false));
  writeFileSync(join(dist, "profiles", `${name}.json`), JSON.stringify(compiled));
}
cpSync(join(root, "scripts", "entry.js"), join(dist, "cli.js"));
chmodSync(join(dist, "cli.js"), 0o755);
