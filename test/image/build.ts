/** Builds the image without an engine: every step of the Dockerfile, played in a Debian 13 root that debootstrap makes. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { npm } from "../../scripts/npm.ts";
import { containerWords } from "./container.ts";
import { readDockerfile } from "./dockerfile.ts";
import type { Stage, Step } from "./dockerfile.ts";

export const REPOSITORY = join(import.meta.dirname, "..", "..");

/** A built image: where its files are and what its last stage says. */
export interface Image {
  readonly root: string;
  readonly stage: Stage;
  /** Bytes of files, of the base and of all of it. */
  readonly base: number;
  readonly size: number;
}

/** Builds below `place`, which must not be a private directory. Some 60 s. */
export function buildImage(place: string): Image {
  const stages = readDockerfile(readFileSync(join(REPOSITORY, "Dockerfile"), "utf8"));
  const debian = join(place, "debian");
  makeDebian(debian);
  const roots = new Map<string, string>();
  for (const [index, stage] of stages.entries()) {
    const root = join(place, stage.name ?? String(index));
    copyTree(debian, root);
    if (stage.image !== "debian:trixie-slim") addNode(root, stage.image);
    let workdir = "/";
    for (const step of stage.steps) {
      if (step.kind === "workdir") mkdirSync(join(root, (workdir = step.path)), { recursive: true });
      else if (step.kind === "copy") play(step, root, workdir, roots);
      else runStep(root, workdir, stage.env, step.command);
    }
    roots.set(stage.name ?? "", root);
  }
  const stage = stages.at(-1);
  const root = roots.get("");
  if (stage === undefined || root === undefined) throw new Error("the Dockerfile has no last stage without a name");
  return { root, stage, base: sizeOf(debian), size: sizeOf(root) };
}

/** `debian:trixie-slim`: minbase without documentation. The mirror is the one that this machine's apt uses. */
function makeDebian(root: string): void {
  const mirror = execFileSync("apt-get", ["indextargets", "--format", "$(SITE)", "Created-By: Packages"], { encoding: "utf8" })
    .split("\n")
    .find((site) => site.endsWith("/debian"));
  if (mirror === undefined) throw new Error("this machine's apt knows no Debian mirror: add one to its sources");
  execFileSync("debootstrap", ["--variant=minbase", "trixie", root, mirror], { stdio: ["ignore", "ignore", "inherit"] });
  const dropped = ["usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "var/cache/apt", "var/lib/apt/lists", "var/log"];
  for (const path of dropped) rmSync(join(root, path), { recursive: true, force: true });
  const excluded = dropped.filter((path) => path.startsWith("usr/share")).map((path) => `path-exclude /${path}/*\n`);
  writeFileSync(join(root, "etc/dpkg/dpkg.cfg.d/docker"), excluded.join(""));
  mkdirSync(join(root, "var/log"));
}

/** `node:VERSION-trixie-slim`: Debian, this version of Node (the one that is pinned here), and an npm. */
function addNode(root: string, image: string): void {
  const { devDependencies } = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as {
    devDependencies: { node: string };
  };
  const known = `node:${devDependencies.node}-trixie-slim`;
  if (image !== known) throw new Error(`the Dockerfile starts from ${image}, and package.json pins Node for ${known}: make them the same`);
  mkdirSync(join(root, "usr/local/bin"), { recursive: true });
  cpSync(join(REPOSITORY, "node_modules/node/bin/node"), join(root, "usr/local/bin/node"));
  npm(REPOSITORY, "install", "--global", `--prefix=${join(root, "usr/local")}`, "npm@11.19.1");
}

function play(step: Step & { kind: "copy" }, root: string, workdir: string, roots: ReadonlyMap<string, string>): void {
  const from = step.from === undefined ? REPOSITORY : roots.get(step.from);
  if (from === undefined) throw new Error(`COPY --from=${step.from}: no such stage`);
  const destination = join(root, resolve(workdir, step.destination));
  for (const source of step.sources) {
    const path = join(from, source);
    if (step.from === undefined && !admitted().includes(source))
      throw new Error(`.dockerignore hides ${source}, which the Dockerfile copies`);
    const into = step.destination.endsWith("/") && !statSync(path).isDirectory();
    copyTree(path, into ? join(destination, basename(source)) : destination);
  }
}

/** What .dockerignore lets in: it starts from nothing. */
function admitted(): string[] {
  const lines = readFileSync(join(REPOSITORY, ".dockerignore"), "utf8").split("\n");
  return lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
}

export function copyTree(source: string, destination: string): void {
  mkdirSync(join(destination, ".."), { recursive: true });
  execFileSync("cp", ["-a", "--no-target-directory", source, destination]);
}

/** What RUN does: as root, with the network, and with this machine's way to the npm registry, which in a real build is the builder's. */
export function runStep(root: string, workdir: string, env: Readonly<Record<string, string>>, command: string): void {
  const authorities = [process.env["NODE_EXTRA_CA_CERTS"] ?? "", npm(REPOSITORY, "config", "get", "cafile")].find((file) =>
    existsSync(file),
  );
  const lent = [
    { source: "/etc/resolv.conf", target: "/etc/resolv.conf" },
    ...(authorities === undefined ? [] : [{ source: authorities, target: "/run/authorities.pem" }]),
  ];
  for (const { target } of lent) writeFileSync(join(root, target), "");
  const around = {
    DEBIAN_FRONTEND: "noninteractive",
    npm_config_registry: npm(REPOSITORY, "config", "get", "registry"),
    ...(authorities === undefined ? {} : { NODE_EXTRA_CA_CERTS: "/run/authorities.pem" }),
  };
  const [program = "", ...words] = containerWords({ root, workdir, env: { ...env, ...around }, volumes: lent }, ["sh", "-ec", command]);
  execFileSync(program, words, { stdio: ["ignore", "ignore", "inherit"] });
  for (const { target } of lent) rmSync(join(root, target));
}

/** Bytes that the files take up. */
export function sizeOf(path: string): number {
  return Number(execFileSync("du", ["-s", "-B1", "--one-file-system", path], { encoding: "utf8" }).split("\t")[0]);
}
