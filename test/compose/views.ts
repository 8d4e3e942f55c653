/** Views of a lab's workspace under real policies. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ViewedCall } from "../../src/compose/view.ts";
import { openDoor } from "../../src/files/door.ts";
import type { Door } from "../../src/files/door.ts";
import { equivalentPaths } from "../../src/files/names.ts";
import { readFile } from "../../src/policy/read-file.ts";
import { loadPolicy } from "../../src/policy/load.ts";
import type { Policy } from "../../src/policy/policy.ts";
import type { Query, Resource } from "../../src/types.ts";

const directory = mkdtempSync(join(tmpdir(), "portcullis-views-"));
let files = 0;

/** Loads a policy made of this text. */
export function policyOf(text: string, protectedPaths: readonly string[] = []): Policy {
  const file = join(directory, `policy-${files++}.yaml`);
  writeFileSync(file, `version: 1\n${text}\n`, { mode: 0o600 });
  return loadPolicy({
    files: [file],
    reader: readFile,
    projectFiles: [],
    trusted: () => false,
    protected: protectedPaths,
    haveSecret: () => false,
    equivalents: equivalentPaths,
    eyes: {
      command: () => [],
      url: () => {
        throw new Error("no test of these policies speaks of a URL");
      },
    },
  });
}

export function doorTo(workspace: string): Door {
  return openDoor({ workspaces: [workspace], random: randomBytes });
}

/** A call of run_command that was decided without asking anybody. */
export function callOf(workspaces: readonly string[], more: Partial<Query> = {}): ViewedCall {
  return { query: queryOf(workspaces, [], { tool: "run_command", risk: "high", ...more }), asked: [], admits: () => false };
}

/** A query of the local person. */
export function queryOf(workspaces: readonly string[], resources: readonly Resource[], more: Partial<Query> = {}): Query {
  return {
    principal: { id: "local", scopes: [] },
    session: "s",
    tool: "read_text_file",
    risk: "low",
    args: {},
    resources,
    workspaces,
    transport: "stdio",
    interactive: true,
    labels: [],
    ...more,
  };
}
