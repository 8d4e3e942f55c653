/** Bundles the sources into dist/: code-split, native packages left outside, so that a start loads little and the V8 compile cache holds it. */
import { build } from "esbuild";
import { chmodSync, cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

rmSync(dist, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { main: "src/cli/main.ts", "sanitize-worker": "src/sanitize/worker.ts" },
  outdir: dist,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node22",
  external: ["better-sqlite3", "@vscode/ripgrep"],
  chunkNames: "chunk-[hash]",
  define: { PORTCULLIS_VERSION: JSON.stringify(version) },
  banner: { js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);' },
  legalComments: "none",
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: "warning",
});
// Built-in profiles are read beside the code that asks for them, from source and from the bundle.
cpSync(join(root, "src", "policy", "profiles"), join(dist, "profiles"), { recursive: true });
cpSync(join(root, "scripts", "entry.js"), join(dist, "cli.js"));
chmodSync(join(dist, "cli.js"), 0o755);
