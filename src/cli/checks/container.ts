/** In a container: does it hold what it could hold? Read from /proc, so that what counts is what the process really has. */
import { existsSync, readFileSync } from "node:fs";
import { ok, warn } from "./check.ts";
import type { Examination, Finding } from "./check.ts";
import type { Subject } from "./subject.ts";

export const containerChecks: readonly Examination[] = [
  { id: "container", atStart: true, look: checkContainer, remedy: "Mount /proc in the container." },
];

function checkContainer({ around: { env } }: Subject): Finding {
  const kind = containerKind(env);
  if (kind === undefined) return ok("not in a container");
  const told = [capabilities(), rootFileSystem(), seccomp(), newPrivileges()];
  const message = `in a container (${kind}): ${told.map(({ says }) => says).join(", ")}`;
  const mends = told.flatMap(({ mend }) => mend ?? []);
  if (mends.length === 0) return ok(message);
  return warn(message, `Start the container with ${mends.join(", ")}.`);
}

/** What says of itself that it is a container: Docker and Podman by a file, systemd-nspawn and Podman by a variable, Kubernetes by its own, our image by ours. */
function containerKind(env: Subject["around"]["env"]): string | undefined {
  if (existsSync("/run/.containerenv")) return "podman";
  if (env.KUBERNETES_SERVICE_HOST) return "kubernetes";
  if (existsSync("/.dockerenv")) return "docker";
  return env.container || (env.PORTCULLIS_CONTAINER ? "our image" : undefined);
}

/** What is so, and the option that changes it where it should be otherwise. */
interface Told {
  readonly says: string;
  readonly mend?: string;
}

/** A field of proc_pid_status(5). */
function statusField(name: string): string {
  return new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
}

/** As root the capabilities to become another user are needed to run commands: so the mend is another user. */
function capabilities(): Told {
  const held = BigInt(`0x${statusField("CapEff") || "0"}`)
    .toString(2)
    .replaceAll("0", "").length;
  if (held === 0) return { says: "no capabilities" };
  return { says: `${held} capabilities are not dropped`, mend: "--user UID:GID (not root) --cap-drop=ALL" };
}

/** proc_pid_mountinfo(5): the fifth field is the mount point, the sixth its options; the last mount on `/` is the one in sight. */
function rootFileSystem(): Told {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const options = mounts.map((line) => line.split(" ")).findLast(([, , , , point]) => point === "/")?.[5] ?? "";
  if (options.split(",").includes("ro")) return { says: "the root file system is read-only" };
  return { says: "the root file system is writable", mend: "--read-only (with --tmpfs /tmp, and a volume for the state)" };
}

/** 0 is none, 2 is a filter. */
function seccomp(): Told {
  if (statusField("Seccomp") === "2") return { says: "a seccomp filter is on" };
  return { says: "no seccomp filter", mend: "its default seccomp profile (not seccomp=unconfined)" };
}

function newPrivileges(): Told {
  if (statusField("NoNewPrivs") === "1") return { says: "no-new-privileges is on" };
  return { says: "no-new-privileges is off", mend: "--security-opt=no-new-privileges" };
}
