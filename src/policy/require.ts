import type { Effect, Query } from "../types.ts";
import type { PolicyFile, Requirement } from "./schema.ts";

/** What checking `require:` needs to know about the machine. */
interface RequireFacts {
  /** Does the source of a secret (`env:NAME`, `file:PATH`, `command:LINE`) exist? */
  haveSecret(source: string): boolean;
  /** Is the extension in this directory signed by one of the keys? */
  isSigned(directory: string, keys: readonly string[]): boolean;
  /** What the policy says of a command, decided by the whole engine. */
  effectOf(resources: Query["resources"]): Effect;
}

/** Why a requirement isn't met, with the mend; undefined when it is. */
export function unmet(need: Requirement, settings: PolicyFile, facts: RequireFacts): string | undefined {
  if (need === "signed") return unsigned(settings, facts);
  if (need.secret !== undefined) return missingSecret(need.secret, settings, facts);
  if (need.pinned !== undefined) return unpinned(settings);
  if (need.denied !== undefined) return undenied(need.denied, facts);
  return "the requirement is empty - name a secret, pinned or denied";
}

function missingSecret(name: string, settings: PolicyFile, facts: RequireFacts): string | undefined {
  const secret = settings.secrets !== undefined && Object.hasOwn(settings.secrets, name) ? settings.secrets[name] : undefined;
  if (secret === undefined) return `the required secret ${name} has no source - add it under secrets`;
  return facts.haveSecret(secret.from) ? undefined : `the required secret ${name} is not there - provide ${secret.from}`;
}

/** Pinned: by `pin`, or an exact version or digest in the command (`name@1.2.3`, `name==1.2.3`, `image@sha256:...`). */
function unpinned(settings: PolicyFile): string | undefined {
  const loose = Object.entries(settings.upstreams ?? {}).filter(([, upstream]) => {
    if (upstream.pin !== undefined) return false;
    const words = [upstream.command ?? []].flat().flatMap((word) => word.split(" "));
    return !words.some((word) => /(?:@|==)v?\d+\.\d+\.\d+[\w.+-]*$|@sha256:[0-9a-f]{64}$/.test(word));
  });
  if (loose.length === 0) return undefined;
  const named = loose.map(([name]) => name).join(", ");
  return `upstreams must be pinned, but ${named} is not - give an exact version, a digest or \`pin\``;
}

/** The program must be denied alone and with arguments. */
function undenied(program: string, facts: RequireFacts): string | undefined {
  const tries = [[program], [program, "--help"], [program, "-n", "true"]];
  const passes = tries.find((argv) => {
    const command = { kind: "command" as const, argv, cwd: "/w", sets: [], hazards: [], wrappers: [] };
    return facts.effectOf([command]) !== "deny";
  });
  return passes === undefined
    ? undefined
    : `\`${program}\` must be denied, but \`${passes.join(" ")}\` is not - add a deny rule with run: ["${program} ..."]`;
}

function unsigned(settings: PolicyFile, facts: RequireFacts): string | undefined {
  const { keys = [], tools = {} } = settings.extensions ?? {};
  const loose = Object.entries(tools).filter(([, { path }]) => !facts.isSigned(path, keys));
  if (loose.length === 0) return undefined;
  return `extensions must be signed, but ${loose.map(([name]) => name).join(", ")} is not - run: portcullis sign DIR`;
}
