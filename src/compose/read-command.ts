/** Eyes for commands: the shell analysis, looking through the file door. */
import { join } from "node:path";
import type { Door, OpenEyes } from "../files/door.ts";
import type { Policy } from "../policy/policy.ts";
import type { Analysis, ShellEyes } from "../shell/analyse.ts";
import { Refusal } from "../types.ts";
import type { Call, CommandEyes, CommandReading, FileEyes, ReadCommand, Resource, UrlEyes, UrlResource } from "../types.ts";

/** Commands that were read, with their analysis. A token that isn't in here was made by somebody else. */
export type ReadCommands = WeakMap<ReadCommand, Analysis>;

/** Stands for every place that a link outside leads to: where it is exactly is nothing that a decision or a caller may depend on. */
const OUTSIDE = "/.outside";

/** Eyes of one call. `home` is what a tilde stands for. */
export function commandEyes(
  caller: Pick<Call, "principal" | "session" | "transport" | "interactive">,
  look: {
    readonly door: Door;
    readonly files: FileEyes;
    readonly signal: AbortSignal;
    readonly policy: Policy;
    readonly home: string;
    readonly urls: () => Promise<UrlEyes>;
  },
  read: ReadCommands,
): CommandEyes {
  const { door, files, signal, policy, home } = look;
  return {
    async read(command, { cwd, input }) {
      const start = files.find(cwd);
      if (start.type === "absent")
        throw new Refusal("NOT_FOUND", "the working directory does not exist", "give an existing directory as cwd");
      if (start.type !== "directory")
        throw new Refusal("INVALID_INPUT", "the working directory is not a directory", "give a directory as cwd");
      // Loaded by the first command: some 30 ms that no other call has to wait for.
      const { analyse, expandGlob } = await import("../shell/analyse.ts");
      // Eyes of its own: what a long command line names would otherwise stay open until the call ends.
      const own = door.eyes(signal);
      try {
        const listed = policy.judgePaths({
          ...caller,
          tool: "run_command",
          risk: policy.riskOf("run_command", "high"),
          args: {},
          workspaces: door.workspaces,
          labels: [],
        });
        const shell: ShellEyes = {
          resolve: (path, base) => resolvePath(own, door.workspaces, path, base),
          glob: (pattern, from) =>
            expandGlob(pattern, from, (directory) => {
              const real = resolvePath(own, door.workspaces, directory, "/");
              if (!isInside(real, door.workspaces)) return null;
              return door.names(real).filter(({ name }) => listed("list", join(real, name)) !== "deny");
            }),
        };
        const analysis = analyse(command, { cwd: start.path, eyes: shell, home, input });
        if (analysis.verdict === "refused")
          throw new Refusal(
            "INVALID_INPUT",
            `the command can't be read: ${analysis.reason}`,
            "write it plainly, or run its parts one by one",
          );
        const urls = analysis.resources.some(({ kind }) => kind === "url") ? await look.urls() : undefined;
        const resources = analysis.resources.map((one) => (urls && one.kind === "url" ? withAddress(urls, one) : withLinks(own, one)));
        const token: ReadCommand = { resources, text: analysis.text, cwd: start.path, reading: readingOf(analysis) };
        read.set(token, analysis);
        return token;
      } finally {
        own.close();
      }
    },
  };
}

/** See `ShellEyes.resolve`. */
function resolvePath(eyes: OpenEyes, workspaces: readonly string[], path: string, base: string): string {
  const absolute = path.startsWith("/") ? path : `${base}/${path}`;
  try {
    return eyes.find(absolute).path;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // Nothing there, or no name for a file: the text is all there is to judge.
    const lexical = join(absolute);
    const names = error.code === "NOT_FOUND" || error.code === "INVALID_INPUT";
    return names || !isInside(lexical, workspaces) ? lexical : OUTSIDE;
  }
}

function isInside(path: string, workspaces: readonly string[]): boolean {
  return workspaces.some((root) => path === root || path.startsWith(root === "/" ? root : `${root}/`));
}

/** A literal address says at once what kind of address it is; a scheme that isn't the door's stays as it was read. */
function withAddress(urls: UrlEyes, resource: UrlResource): UrlResource {
  const { scheme, host, port, method } = resource;
  if (scheme !== "http" && scheme !== "https") return resource;
  try {
    return urls.resource(urls.parse(`${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}/`), method);
  } catch (error) {
    // Expected: the decision has its own word on an address that the door would not dial.
    if (error instanceof Refusal) return resource;
    throw error;
  }
}

/**
 * Writing a file changes it under all of its names, so a rule must know when there are more. Nothing else is said of it: a yes for the session is for
 * the same command whether or not its files are there yet.
 */
function withLinks(eyes: OpenEyes, resource: Resource): Resource {
  if (resource.kind !== "path" || resource.op !== "write" || resource.path === null) return resource;
  try {
    const { type, links } = eyes.find(resource.path, { follow: false });
    return type === "file" && links > 1 ? { ...resource, type, links } : resource;
  } catch (error) {
    // Expected: nothing there yet, or outside, where the decision has its own word.
    if (error instanceof Refusal) return resource;
    throw error;
  }
}

/** Each command with what it was the first to touch: its resources stand behind it in the list. */
function readingOf({ verdict, reason, commands, resources }: Analysis): CommandReading {
  const starts = resources.flatMap(({ kind }, index) => (kind === "command" ? [index] : []));
  return {
    verdict: verdict === "simple" ? "simple" : "script",
    reason,
    commands: commands.map((command, index) => {
      const [start = 0, end = resources.length] = [starts[index], starts[index + 1]];
      return { ...command, resources: Array.from({ length: end - start }, (_, offset) => start + offset) };
    }),
  };
}
