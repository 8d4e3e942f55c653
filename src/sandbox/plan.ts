import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bubblewrapOptions } from "./bubblewrap.ts";
import { gitEnvironment } from "./git.ts";
import { landlockArgv } from "./landlock.ts";
import type { Plan } from "./launch.ts";
import { limitArgv } from "./limits.ts";
import type { Backend, RunRequest } from "./request.ts";
import { makeScratch } from "./scratch.ts";
import { buildFilter } from "./seccomp.ts";
import type { Machine } from "./syscalls.ts";
import type { Account } from "./user.ts";

/** The programs that confine commands: absolute paths, and for setpriv perhaps a loader before it. */
export interface Tools {
  readonly prlimit: string;
  readonly env: string;
  readonly bash: string;
  readonly bwrap?: string;
  readonly setpriv?: readonly string[];
}

/** What all commands of a server have in common. */
export interface Setting {
  readonly tools: Tools;
  readonly machine: Machine;
  readonly account: Account | undefined;
  /** Directories of PATH. */
  readonly path: readonly string[];
  /** A directory in which the Landlock backend makes each command's temporary directory. */
  readonly scratch: string;
  /** Fresh random text, 16 bytes or more. */
  readonly random: () => string;
}

/** How `request` is started in `backend`. `others` counts the user's tasks: without a namespace, the kernel counts them with the command's. */
export function planCommand(setting: Setting, backend: Exclude<Backend, "none">, request: RunRequest, others: () => number): Plan {
  switch (backend) {
    case "bwrap":
      return planBubblewrap(setting, request);
    case "landlock":
      return planLandlock(setting, request, others());
    case "off":
      return planBare(setting, request, others());
  }
}

function planBubblewrap(setting: Setting, request: RunRequest): Plan {
  const { tools, account } = setting;
  const env = environment(setting, request, "/tmp");
  // what steers the dynamic loader would also steer prlimit, which has yet to set the limits
  const early = Object.entries(env).filter(([name]) => !LOADER.test(name));
  const late = Object.entries(env).flatMap(([name, value]) => (LOADER.test(name) ? [`${name}=${value}`] : []));
  const binds = request.wayOut?.binds.flatMap(({ source, target }) => ["--ro-bind", source, target]) ?? [];
  const options = [...bubblewrapOptions(request, Object.fromEntries(early), binds), "--seccomp", "4", "--json-status-fd", "5"];
  const argv = [
    ...limitArgv(tools.prlimit, request.spec, 2),
    ...(late.length > 0 ? [tools.env, ...late] : []),
    ...(request.wayOut?.argv ?? []),
    ...argvOf(setting, request),
  ];
  return {
    argv: [tools.bwrap ?? "", "--args", "3", "--", ...argv],
    // empty: bubblewrap's own environment would be readable inside as /proc/1/environ
    env: {},
    cwd: "/",
    account,
    namespaced: true,
    descriptors: [Buffer.from(options.map((option) => `${option}\0`).join("")), buildFilter(setting.machine, false), null],
    cleanUp: () => undefined,
  };
}

function planLandlock(setting: Setting, request: RunRequest, others: number): Plan {
  const { tools, account } = setting;
  const { path: place, remove: cleanUp } = makeScratch(setting.scratch, "portcullis-");
  try {
    const files = { scratch: join(place, "tmp"), filter: join(place, "filter") };
    chmodSync(place, 0o711);
    mkdirSync(files.scratch, { mode: 0o700 });
    if (account !== undefined) chownSync(files.scratch, account.uid, account.gid);
    writeFileSync(files.filter, buildFilter(setting.machine, true), { mode: 0o444 });
    const env = environment(setting, request, files.scratch);
    const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const argv = [
      ...landlockArgv(tools.setpriv ?? [], request, files),
      ...limitArgv(tools.prlimit, request.spec, others),
      // only now the command's environment: LD_PRELOAD must not reach what runs before the confinement
      tools.env,
      "-i",
      ...assignments,
      ...argvOf(setting, request),
    ];
    return { argv, env: {}, cwd: request.cwd, account, namespaced: false, descriptors: [], cleanUp };
  } catch (error) {
    cleanUp();
    throw error;
  }
}

function planBare(setting: Setting, request: RunRequest, others: number): Plan {
  const { tools, account } = setting;
  const mark = `PORTCULLIS_RUN=${setting.random()}`;
  const [name = "", value = ""] = mark.split("=");
  const limits = limitArgv(tools.prlimit, request.spec, others);
  const env = { ...environment(setting, request, "/tmp"), [name]: value };
  return {
    argv: [...limits, ...argvOf(setting, request)],
    env,
    cwd: request.cwd,
    account,
    namespaced: false,
    mark,
    descriptors: [],
    cleanUp: () => undefined,
  };
}

function argvOf(setting: Setting, request: RunRequest): readonly string[] {
  return "argv" in request.command ? request.command.argv : [setting.tools.bash, "--noprofile", "--norc", "-c", request.command.script];
}

const LOADER = /^(LD_|GLIBC_|GCONV_PATH$|LOCPATH$|NLSPATH$|MALLOC_)/;

/** Who commits: the only variables of git that are data alone. */
const IDENTITY = /^GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL|DATE)$/;

/** Little enough to know all of it. The rest of GIT_* is ours alone: many of them name programs that git would run. */
function environment(setting: Setting, request: RunRequest, home: string): Record<string, string> {
  const given = Object.entries(request.env).filter(([name]) => !name.startsWith("GIT_") || IDENTITY.test(name));
  return {
    PATH: setting.path.join(":"),
    HOME: home,
    TMPDIR: home,
    LANG: "C.UTF-8",
    ...Object.fromEntries(given),
    ...gitEnvironment(),
    ...request.wayOut?.environment,
  };
}
