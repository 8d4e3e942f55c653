/** What a client starts: the words of our own command, here or in a container. */
import { posix, win32 } from "node:path";
import type { Words } from "./clients.ts";

/** What was said of the server; paths are absolute. */
export interface Said {
  readonly workspaces: readonly string[];
  readonly policies: readonly string[];
  readonly profile?: string;
  readonly config?: string;
  /** Undefined when the server finds it by itself, wherever it is started from. */
  readonly state?: string;
}

/** Node's own path and the entry's: a client has neither our PATH nor our directory. */
export function localWords(start: Words, said: Said): Words {
  return [...start, "serve", ...flags(said)];
}

function flags({ workspaces, policies, profile, config, state }: Said): string[] {
  return [
    ...workspaces.flatMap((path) => ["--workspace", path]),
    ...policies.flatMap((path) => ["--policy", path]),
    ...(profile === undefined ? [] : ["--profile", profile]),
    ...(config === undefined ? [] : ["--config", config]),
    ...(state === undefined ? [] : ["--state", state]),
  ];
}

/** Nothing in the image needs more (docs/deployment.md says what each is for). The network stays: the policy says what `fetch` may reach. */
const HARDENED = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];

/**
 * The same in a container: never with a terminal (`-t` would mix the streams), with an init that reaps processes, as the user that owns the files, and
 * with the state outside, so that it outlives the container. `name` is what `docker exec` calls it.
 */
export function dockerWords(
  docker: string,
  image: string,
  name: string,
  user: string | undefined,
  said: Said & { readonly state: string },
): Words {
  const mounts = new Map<string, string>();
  const mount = (path: string, under: string, only: boolean, mode = ""): string => {
    const base = only ? under : posix.join(under, baseOf(path));
    let inside = base;
    for (let twin = 2; mounts.has(inside); twin += 1) inside = `${base}-${twin}`;
    mounts.set(inside, `${path}:${inside}${mode}`);
    return inside;
  };
  const state = mount(said.state, "/state", true);
  const workspaces = said.workspaces.map((path) => mount(path, "/workspace", said.workspaces.length === 1));
  const policies = said.policies.map((path) => mount(path, "/policy", false, ":ro"));
  const run = [docker, "run", "-i", "--rm", "--init", ...(user === undefined ? [] : ["--user", user]), "--name", name, ...HARDENED];
  const volumes = [...mounts.values()].flatMap((volume) => ["-v", volume]);
  const profile = said.profile === undefined ? {} : { profile: said.profile };
  return [...run, ...volumes, image, "serve", ...flags({ workspaces, policies, ...profile, state })];
}

function baseOf(path: string): string {
  return win32.basename(path).replace(/[^\w.-]/g, "_") || "root";
}

/** Do these words start our server? Told from what stands before `serve`: our entry, our program, or our image. */
export function isOurs(words: Words): boolean {
  return words.some(
    (word, index) => words[index + 1] === "serve" && /^(cli\.js|portcullis(\.cmd)?(:[\w.-]+)?)$/.test(win32.basename(word)),
  );
}
