import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { Bridge } from "../../src/egress/bridge.ts";

/** A file or directory that the command sees: source, target, and whether it may write there. */
export type Bind = readonly [source: string, target: string, access?: "writable"];

const SYSTEM = [
  "--ro-bind",
  "/usr",
  "/usr",
  "--symlink",
  "usr/bin",
  "/bin",
  "--symlink",
  "usr/lib",
  "/lib",
  "--symlink",
  "usr/lib64",
  "/lib64",
];
const ALONE = ["--unshare-user", "--unshare-all", "--uid", "65534", "--gid", "65534", "--die-with-parent", "--new-session", "--clearenv"];
const PRIVATE = ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/project"];

/** Runs a command in a real sandbox without a network, with or without the bridge. */
export async function runInside(
  bridge: Bridge | undefined,
  argv: readonly string[],
  binds: readonly Bind[] = [],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const environment = { PATH: "/usr/bin:/bin", HOME: "/tmp", LANG: "C.UTF-8", ...bridge?.environment };
  const all: readonly Bind[] = [...binds, ...(bridge?.binds.map(({ source, target }): Bind => [source, target]) ?? [])];
  const flags = [
    ...ALONE,
    ...SYSTEM,
    ...PRIVATE,
    ...all.flatMap(([source, target, access]) => [access === "writable" ? "--bind" : "--ro-bind", source, target]),
    ...Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value]),
    "--remount-ro",
    "/",
    "--chdir",
    "/project",
  ];
  const child = spawn("bwrap", [...flags, "--", ...(bridge?.argv ?? []), ...argv], { stdio: ["ignore", "pipe", "pipe"], env: {} });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once("close", resolve).once("error", reject)),
  ]);
  return { code, stdout, stderr };
}
