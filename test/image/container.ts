/** What a container engine does, with util-linux: own mounts and processes, a root that may be read-only, a user without capabilities, Docker's ban on namespaces. */
import { join } from "node:path";

/** How a root is entered. Paths of `volumes` are on this machine. */
export interface ContainerOptions {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  /** `uid:gid`; absent: root with all its rights, as while an image is built. */
  readonly user?: string;
  readonly readOnly?: boolean;
  readonly volumes?: readonly { readonly source: string; readonly target: string; readonly readOnly?: boolean }[];
  readonly tmpfs?: readonly string[];
  /** A system-call filter, as a path inside. */
  readonly seccomp?: string;
}

/** The container's name for itself. */
export const HOST = "c0ffee00c0de";

/** The words that run `command` inside. Mounts live in a namespace of their own: they are gone with the last process, whatever ended it. */
export function containerWords(options: ContainerOptions, command: readonly string[]): string[] {
  const { root, env, workdir, user, volumes = [], tmpfs = [] } = options;
  const mounts = [
    `mount --bind ${quote(root)} ${quote(root)}`,
    `mount -t proc proc ${quote(join(root, "proc"))}`,
    `mount --rbind /dev ${quote(join(root, "dev"))}`,
    ...volumes.flatMap(({ source, target, readOnly }) => {
      const place = quote(join(root, target));
      return [`mount --bind ${quote(source)} ${place}`, ...(readOnly ? [`mount -o remount,bind,ro ${place}`] : [])];
    }),
    ...tmpfs.map((target) => `mount -t tmpfs -o mode=1777 tmpfs ${quote(join(root, target))}`),
    ...(options.readOnly ? [`mount -o remount,bind,ro ${quote(root)}`] : []),
  ];
  const inside = [...identity(user, options.seccomp), "env", "-i", `--chdir=${workdir}`, ...assignments(env), ...command];
  const script = [...mounts, `hostname ${HOST}`, `exec chroot ${[root, ...inside].map(quote).join(" ")}`].join("\n");
  return ["unshare", "--mount", "--pid", "--uts", "--fork", "--kill-child", "--propagation", "private", "sh", "-euc", script];
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function assignments(env: Readonly<Record<string, string>>): string[] {
  return Object.entries({ PATH, HOSTNAME: HOST, ...env }).map(([name, value]) => `${name}=${value}`);
}

/** `cap_drop: [ALL]` and `no-new-privileges` */
function identity(user: string | undefined, seccomp: string | undefined): string[] {
  if (user === undefined) return [];
  const [uid = "", gid = ""] = user.split(":");
  const drop = "--bounding-set=-all --inh-caps=-all --ambient-caps=-all --no-new-privs".split(" ");
  const filter = seccomp === undefined ? [] : ["--seccomp-filter", seccomp];
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", ...drop, ...filter];
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
