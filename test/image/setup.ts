/** Builds the image once for all files of the lane, in a place that is gone afterwards. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { buildFilter } from "../../src/sandbox/seccomp.ts";
import { buildImage } from "./build.ts";
import type { Image } from "./build.ts";
import { FILTER } from "./world.ts";

/** Names the place to the files of the lane. */
const PLACE = "PORTCULLIS_TEST_IMAGE";

export function setup(): () => void {
  if (process.getuid?.() !== 0) throw new Error("the image lane makes a Debian root and mounts: run it as root");
  if (spawnSync("debootstrap", ["--version"]).error) throw new Error("debootstrap is missing: apt-get install debootstrap");
  const place = mkdtempSync("/var/tmp/portcullis-image-");
  const remove = (): void => rmSync(place, { recursive: true, force: true });
  try {
    chmodSync(place, 0o755);
    const image = buildImage(place);
    mkdirSync(join(image.root, "etc/portcullis")); // where an engine would make the mount point by itself
    // Of namespaces, mounts and the rest it forbids what Docker's default does, and more.
    writeFileSync(join(image.root, FILTER), buildFilter(process.arch === "arm64" ? "arm64" : "x64", false));
    writeFileSync(join(place, "image.json"), JSON.stringify(image));
  } catch (error) {
    remove();
    throw error;
  }
  process.env[PLACE] = place;
  return remove;
}

/** What was built, and where. */
export function openImage(): { readonly place: string; readonly image: Image } {
  const place = process.env[PLACE] ?? "";
  return { place, image: JSON.parse(readFileSync(join(place, "image.json"), "utf8")) as Image };
}
