/** From flags, environment and config file to one configuration. Flag before environment before file. */
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, posix, resolve, win32 } from "node:path";
import { ConfigError } from "./error.ts";
import { closestName } from "./closest.ts";
import type { HttpConfig } from "./http.ts";
import { defaultState } from "./state.ts";
import type { ConfigFile } from "./schema.ts";

export type ProfileName = "local" | "team" | "ci";

/** What was said on the command line; absent is unsaid. */
export interface Flags {
  readonly workspace?: readonly string[];
  readonly policy?: readonly string[];
  readonly profile?: string;
  readonly config?: string;
  readonly state?: string;
  readonly logFile?: string;
  /** `[HOST:]PORT` */
  readonly http?: string;
  /** False with `--no-auth`. */
  readonly auth?: boolean;
}

/** The machine as the process sees it; the only place where the environment is read. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
}

/** Everything that isn't policy, complete. Paths are absolute. */
export interface Config {
  readonly workspaces: readonly string[];
  readonly policies: readonly string[];
  readonly profile: ProfileName | undefined;
  readonly state: string;
  readonly file: string | undefined;
  /** Absent: stdio. */
  readonly http?: HttpConfig;
  /** How a person starts our commands, where that isn't as the server itself was started: from outside of a container. */
  readonly entry?: readonly string[];
  /** Policy files that apply without being named, those that exist. */
  readonly standing: {
    readonly admin?: string;
    readonly user?: string;
    readonly projects: readonly string[];
    readonly directories: readonly string[];
  };
  /** The issuer whose tokens are taken over HTTP; `roles` are by claim value, `jwks` is a URL or the path of a file. */
  readonly auth:
    | { readonly issuer: string; readonly audience: string; readonly jwks?: string; readonly roles: Readonly<Record<string, string>> }
    | undefined;
  readonly log: {
    readonly file?: string;
    readonly level: "debug" | "info" | "warn" | "error";
    readonly anchor?: string;
    /** When the log file is put aside (bytes, milliseconds), and how many old ones are kept. */
    readonly rotate: { readonly size: number; readonly age: number; readonly keep: number };
  };
  /** Files that are ours wherever they lie: no tool reads or writes them. */
  readonly ownFiles: readonly string[];
  /** The environment, for secrets that are named by variable. */
  readonly env: Surroundings["env"];
  /** Things worth a word that stop nothing, such as unknown `PORTCULLIS_*` variables. */
  readonly warnings: readonly string[];
}

const VARIABLES = ["CONFIG", "WORKSPACE", "POLICY", "PROFILE", "STATE", "LOG_FILE", "LOG_LEVEL", "HTTP", "HTTP_HOSTS", "CONTAINER"].map(
  (name) => `PORTCULLIS_${name}`,
);
const SYSTEM = [
  "/Applications",
  "/Library",
  "/System",
  "/Volumes",
  "/bin",
  "/boot",
  "/dev",
  "/etc",
  "/home",
  "/lib",
  "/lib64",
  "/media",
  "/mnt",
  "/opt",
  "/private",
  "/private/etc",
  "/private/tmp",
  "/private/var",
  "/proc",
  "/root",
  "/run",
  "/sbin",
  "/srv",
  "/sys",
  "/tmp",
  "/usr",
  "/var",
];

/** The process as it is. */
export function surroundings(): Surroundings {
  return {
    env: process.env,
    home: homeOf(process.env, process.platform),
    get cwd() {
      try {
        return process.cwd();
      } catch {
        throw new ConfigError("the current directory is gone: change to one that is there");
      }
    },
  };
}

/** The user's home, empty when the environment names none. On Windows shells set HOME as they like, in their own notation. */
export function homeOf(env: Surroundings["env"], platform: NodeJS.Platform): string {
  return (platform === "win32" ? env.USERPROFILE || env.HOME : env.HOME || env.USERPROFILE) ?? "";
}

/** Paths in one variable, as PATH has them: behind each other with `:`, on Windows with `;`, because `C:` has a colon of its own. */
export function splitPaths(variable: string, platform: NodeJS.Platform = process.platform): string[] {
  return variable.split(platform === "win32" ? ";" : ":").filter((path) => path !== "");
}

/** Throws ConfigError (exit 2) with the mend. `needWorkspace: false` is for commands that touch no workspace. */
export async function loadConfig(flags: Flags, around: Surroundings, needWorkspace = true): Promise<Config> {
  const { env, cwd } = around;
  const said = (flag: string | undefined, name: string, fromFile: string | undefined) => flag ?? (env[`PORTCULLIS_${name}`] || fromFile);
  const configPath = flags.config ?? (env.PORTCULLIS_CONFIG || undefined);
  const file = configPath === undefined ? undefined : resolve(cwd, configPath);
  const content: ConfigFile = file === undefined ? {} : await readConfig(file);
  const fromFile = (paths: string | string[] | undefined) => [paths ?? []].flat().map((path) => resolve(dirname(file ?? cwd), path));
  const list = (flag: readonly string[] | undefined, name: string, paths: string | string[] | undefined): string[] => {
    if (flag && flag.length > 0) return flag.map((path) => resolve(cwd, path));
    const variable = env[`PORTCULLIS_${name}`];
    return variable ? splitPaths(variable).map((path) => resolve(cwd, path)) : fromFile(paths);
  };

  const policies = list(flags.policy, "POLICY", content.policy);
  const profile = said(flags.profile, "PROFILE", content.profile);
  if (profile !== undefined && !isProfile(profile)) throw new ConfigError(`unknown profile \`${profile}\`: use local, team or ci`);
  if (policies.length > 0 && profile !== undefined)
    throw new ConfigError(
      "both a policy file and a profile are given: name the profile inside the file (`extends: [local]`) and drop --profile",
    );

  const level = env.PORTCULLIS_LOG_LEVEL || content.log?.level || "info";
  if (level !== "debug" && level !== "info" && level !== "warn" && level !== "error")
    throw new ConfigError(`unknown log level \`${level}\`: use debug, info, warn or error`);
  const logFile = flags.logFile ?? (env.PORTCULLIS_LOG_FILE || fromFile(content.log?.file)[0]);
  const logPath = logFile ? resolve(cwd, logFile) : undefined;
  const anchor = fromFile(content.log?.anchor)[0];
  const auth = content.auth && authOf(content.auth, (path) => resolve(dirname(file ?? cwd), path));
  const stateFlag = flags.state ?? (env.PORTCULLIS_STATE || fromFile(content.state)[0]);
  if (stateFlag === undefined && around.home === "" && !env.XDG_STATE_HOME)
    throw new ConfigError("there is no home directory to keep state in: name one with --state DIR");

  const listen = said(flags.http, "HTTP", content.http?.listen === undefined ? undefined : String(content.http.listen));
  if (listen === undefined && flags.auth === false) throw new ConfigError("--no-auth goes with --http: over stdio nobody has to log in");
  const http =
    listen &&
    (await import("./http.ts")).readHttp(listen, content.http ?? {}, {
      open: flags.auth === false,
      ...(env.PORTCULLIS_HTTP_HOSTS ? { hosts: env.PORTCULLIS_HTTP_HOSTS } : {}),
      toFile: (path) => resolve(dirname(file ?? cwd), path),
    });

  const workspaces = list(flags.workspace, "WORKSPACE", content.workspace);
  const roots = needWorkspace ? checkWorkspaces(workspaces, around) : workspaces;
  const state = resolve(cwd, stateFlag ?? defaultState(env, around.home));
  const container = env.PORTCULLIS_CONTAINER && (await import("./container.ts")).readContainer(env.PORTCULLIS_CONTAINER, state);
  return {
    workspaces: roots,
    policies,
    profile,
    state,
    file,
    ...(http ? { http } : {}),
    ...(container ? { entry: container.entry } : {}),
    standing: standingPolicies(roots, resolve(env.XDG_CONFIG_HOME || resolve(around.home || "/", ".config"), "portcullis")),
    auth,
    ownFiles: [file, logPath, anchor, ...(http ? http.files : []), auth?.jwks].filter(
      (path) => path !== undefined && !isUrl(path),
    ) as string[],
    log: {
      level,
      rotate: rotation(content.log?.rotate),
      ...(logPath ? { file: logPath } : {}),
      ...(anchor ? { anchor } : {}),
    },
    env,
    warnings: unknownVariables(env),
  };
}

/** Unless the config file says otherwise, old logs are a matter of 60 MiB and some weeks. */
function rotation({ size = 10 * 1024 ** 2, age = 7 * 86_400_000, keep = 5 }: NonNullable<ConfigFile["log"]>["rotate"] = {}) {
  return { size, age, keep };
}

function authOf({ issuer, audience, jwks, roles = {} }: NonNullable<ConfigFile["auth"]>, toFile: (path: string) => string): Config["auth"] {
  const keys = jwks === undefined || isUrl(jwks) ? jwks : toFile(jwks);
  if (keys !== undefined && !isUrl(keys) && !existsSync(keys))
    throw new ConfigError(`auth.jwks: there is no file ${keys}: name the file or the https URL of the issuer's keys`);
  return { issuer, audience, roles, ...(keys ? { jwks: keys } : {}) };
}

function isUrl(place: string): boolean {
  return /^https?:\/\//.test(place);
}

const ADMIN_DIRECTORY = "/etc/portcullis";

function present(directory: string, name: string): string | undefined {
  const file = resolve(directory, name);
  return existsSync(file) ? file : undefined;
}

/** Files that apply without being named: the administrator's, the user's, and each workspace's own. */
function standingPolicies(workspaces: readonly string[], userDirectory: string): Config["standing"] {
  const admin = present(ADMIN_DIRECTORY, "policy.yaml");
  const user = present(userDirectory, "policy.yaml");
  return {
    ...(admin ? { admin } : {}),
    ...(user ? { user } : {}),
    projects: workspaces.flatMap((workspace) => present(workspace, ".portcullis.yaml") ?? []),
    directories: [ADMIN_DIRECTORY, userDirectory],
  };
}

function isProfile(name: string): name is ProfileName {
  return name === "local" || name === "team" || name === "ci";
}

async function readConfig(file: string): Promise<ConfigFile> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError(`the config file ${file} can't be read (${(error as NodeJS.ErrnoException).code})`);
  }
  // YAML and its schema are loaded by those who have a config file.
  const { parseConfig } = await import("./parse.ts");
  return parseConfig(text, file);
}

/** The default workspace is the current directory, unless that would hand over a whole machine or home. */
function checkWorkspaces(named: readonly string[], around: Surroundings): readonly string[] {
  if (named.length > 0) {
    for (const path of named)
      if (!isDirectory(path))
        throw new ConfigError(`the workspace ${path} is not a directory: make it, or name another with --workspace DIR`);
    return named;
  }
  const here = realpathSync(around.cwd);
  const home = around.home && isDirectory(around.home) ? realpathSync(around.home) : around.home;
  if (isTooMuch(here, home, around.env))
    throw new ConfigError(
      `started in ${here} without a workspace: name the project it may work on: portcullis serve --workspace /path/to/project`,
    );
  return [here];
}

/**
 * Is this a whole machine, or all of somebody's files, instead of a project? Desktop clients start servers in the root directory, on Windows in that of
 * the system.
 */
export function isTooMuch(here: string, home: string, env: Surroundings["env"], platform: NodeJS.Platform = process.platform): boolean {
  const path = platform === "win32" ? win32 : posix;
  if (here === path.parse(here).root || here === home || (home !== "" && here === path.dirname(home))) return true;
  const above = path.dirname(here);
  if (platform !== "win32") return above === "/home" || above === "/Users" || SYSTEM.includes(here);
  const lower = `${here.toLowerCase()}\\`;
  const places = [env.SystemRoot ?? "C:\\Windows", env.ProgramFiles, env["ProgramFiles(x86)"], env.ProgramData];
  return above === path.dirname(home) || places.some((place) => place && lower.startsWith(`${place.toLowerCase()}\\`));
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function unknownVariables(env: Surroundings["env"]): string[] {
  const unknown = Object.keys(env).filter((name) => name.startsWith("PORTCULLIS_") && !VARIABLES.includes(name));
  return unknown.map((name) => {
    const guess = closestName(name, VARIABLES);
    return `unknown variable ${name}${guess ? ` - did you mean ${guess}?` : ""}`;
  });
}
