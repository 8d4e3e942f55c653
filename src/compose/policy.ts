/** The policy that a configuration names, with everything that loading must know of the other rooms. */
import type { Config } from "../config/load.ts";
import { haveSecret } from "../config/secrets.ts";
import { readTrusted } from "../config/trust.ts";
import { equivalentPaths } from "../files/names.ts";
import type { FixedEyes } from "../policy/inline-tests.ts";
import { loadPolicy } from "../policy/load.ts";
import type { Policy } from "../policy/policy.ts";
import { hasCompiled, readCompiled } from "../policy/read-compiled.ts";
import type { Reader } from "../policy/reader.ts";

/** What inline tests look with, and how names are folded. */
export interface PolicyFacts {
  readonly equivalents: typeof equivalentPaths;
  readonly eyes: FixedEyes;
  readonly reader: Reader;
}

/** The one public address that every name has in inline tests. */
const TEST_ADDRESS = { address: "93.184.216.34", kind: "public" };

/**
 * Loads what policy files need: a YAML reader with its schema, and for inline tests the shell analysis and the URL parser. Together they cost a
 * start some 50 ms. Built-in profiles are checked and tested at build, so a server with nothing but a profile starts without all of that.
 */
export async function loadFacts(needed: boolean): Promise<PolicyFacts> {
  if (!needed) {
    const reader = hasCompiled() ? readCompiled : (await import("../policy/read-file.ts")).readFile;
    return { equivalents: equivalentPaths, eyes: { command: unexpected, url: unexpected }, reader };
  }
  const [{ analyse, fixedEyes }, { openEgress }, { readFile: reader }] = await Promise.all([
    import("../shell/analyse.ts"),
    import("../egress/door.ts"),
    import("../policy/read-file.ts"),
  ]);
  const urls = openEgress({ allow: [], dns: "system", redirects: 0 }).eyes(AbortSignal.abort());
  return {
    equivalents: equivalentPaths,
    reader,
    eyes: {
      command: (text) => analyse(text, { cwd: "/w", eyes: fixedEyes }).resources,
      url: (text, method) => ({ addresses: [TEST_ADDRESS], ...urls.resource(urls.parse(text), method) }),
    },
  };
}

function unexpected(): never {
  throw new Error("an inline test ran although no policy file was named");
}

/** Does this configuration name policy files, whose own tests run at every load? */
export function namesFiles(config: Config): boolean {
  const { admin, user, projects } = config.standing;
  return config.policies.length > 0 || admin !== undefined || user !== undefined || projects.length > 0;
}

/** Loads all layers; throws PolicyError. */
export function loadPolicyOf(config: Config, facts: PolicyFacts): Policy {
  const { admin, user, projects, directories } = config.standing;
  const trusted = projects.length > 0 ? readTrusted(config.state) : new Set<string>();
  return loadPolicy({
    files: config.policies,
    ...(config.profile ? { profile: config.profile } : {}),
    ...(admin ? { adminFile: admin } : {}),
    ...(user ? { userFile: user } : {}),
    projectFiles: projects,
    trusted: (sha256) => trusted.has(sha256),
    protected: [config.state, ...directories, ...config.ownFiles],
    haveSecret: (source) => haveSecret(source, config.env),
    ...facts,
  });
}
