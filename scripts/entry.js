#!/usr/bin/env node
// The built entry: says which Node is needed before anything that an older one can't parse is loaded, then turns on the compile cache.
import module from "node:module";
import { join } from "node:path";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  const [{ existsSync }, { fileURLToPath }] = await Promise.all([import("node:fs"), import("node:url")]);
  // In a clone npm has brought the right one.
  const pinned = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
  const mend = existsSync(pinned) ? `start it with ${pinned}` : "install a newer Node and start again";
  console.error(`portcullis: needs Node 22.19 or newer, this is ${process.versions.node}: ${mend}`);
  process.exit(2);
}
// Below the user's own cache directory and never in /tmp: what is cached there is run.
const home = process.env.XDG_CACHE_HOME || (process.env.HOME && join(process.env.HOME, ".cache"));
if (home) module.enableCompileCache(join(home, "portcullis"));
await import("./main.js");
