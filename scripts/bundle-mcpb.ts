/** `npm run bundle:mcpb [DIR]`: the package as it is published, with the ripgrep of every desktop, as one file that a desktop client installs. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { npm } from "./npm.ts";

/** What ripgrep is called where desktop clients run; npm alone would install only this machine's. */
const DESKTOPS = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64", "win32-arm64", "win32-x64"];

const root = join(import.meta.dirname, "..");
const { version, dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  version: string;
  dependencies: Record<string, string>;
};
const target = resolve(process.argv[2] ?? root);
const place = mkdtempSync(join(tmpdir(), "portcullis-mcpb-"));
try {
  const packed = join(place, npm(root, "pack", "--ignore-scripts", "--pack-destination", place).split("\n").at(-1) ?? "");
  const bundle = join(place, "bundle");
  mkdirSync(bundle);
  const ripgrep = DESKTOPS.map((desktop) => `@vscode/ripgrep-${desktop}@${dependencies["@vscode/ripgrep"]}`);
  // --force: most of them are not for this machine
  npm(bundle, "install", "--no-save", "--no-package-lock", "--ignore-scripts", "--force", "--no-bin-links", packed, ...ripgrep);
  // Only a compiler would need them.
  for (const path of ["better-sqlite3/deps", "better-sqlite3/src", "node-addon-api"])
    rmSync(join(bundle, "node_modules", path), { recursive: true, force: true });
  const manifest = JSON.parse(readFileSync(join(root, "deploy", "manifest.json"), "utf8")) as object;
  writeFileSync(join(bundle, "manifest.json"), `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);
  const file = join(target, `portcullis-${version}.mcpb`);
  const mcpb = (...args: string[]) =>
    execFileSync(process.execPath, [join(root, "node_modules/@anthropic-ai/mcpb/dist/cli/cli.js"), ...args], { stdio: ["ignore", 2, 2] });
  mcpb("validate", join(bundle, "manifest.json"));
  mcpb("pack", bundle, file);
  console.log(`${file}\nsha256 ${createHash("sha256").update(readFileSync(file)).digest("hex")}`);
} finally {
  rmSync(place, { recursive: true, force: true });
}
