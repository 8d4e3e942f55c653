import { posix } from "node:path";
import type { Decision, PathOp, Principal, Query, Resource, Risk } from "../types.ts";
import { toList } from "./call-match.ts";
import type { InlineTest } from "./schema.ts";
import { foreignResource, shapeOf } from "./tool-shapes.ts";

/** The one workspace that inline tests know. */
export const TEST_WORKSPACE = "/w";

/** Reads commands and URLs for `tests:` against fixed eyes (every program found, one public address for every name). Pure. */
export interface FixedEyes {
  command(text: string): readonly Resource[];
  url(text: string, method: string): Resource;
}

const PATH_TOOLS: Readonly<Record<PathOp, string>> = {
  read: "read_text_file",
  list: "list_directory",
  write: "write_file",
  delete: "delete_path",
};

/** The query that an inline test stands for. `riskOf` gives the risk of a tool. Throws when a command or URL can't be read at all. */
export function testQuery(test: InlineTest, riskOf: (tool: string) => Risk, eyes: FixedEyes | undefined): Query {
  const { tool, args, resources } = readTest(test, eyes);
  return {
    principal: principalOf(test.as),
    session: test.as?.session ?? "test",
    tool,
    risk: riskOf(tool),
    args,
    resources,
    workspaces: [TEST_WORKSPACE],
    transport: "stdio",
    interactive: true,
    labels: [],
  };
}

function readTest(test: InlineTest, eyes: FixedEyes | undefined): Pick<Query, "tool" | "args" | "resources"> {
  if (test.path !== undefined) {
    const op = test.op ?? "read";
    return { tool: PATH_TOOLS[op], args: { path: test.path }, resources: [pathResource(test.path, op)] };
  }
  if (test.run !== undefined) return { tool: "run_command", args: { command: test.run }, resources: needEyes(eyes).command(test.run) };
  if (test.net !== undefined) {
    const method = test.method ?? "GET";
    return { tool: "fetch", args: { url: test.net, method }, resources: [needEyes(eyes).url(test.net, method)] };
  }
  const tool = test.tool ?? "";
  const args = test.args ?? {};
  return { tool, args, resources: readCall(tool, args, eyes) };
}

function readCall(tool: string, args: Readonly<Record<string, unknown>>, eyes: FixedEyes | undefined): readonly Resource[] {
  const shape = shapeOf(tool);
  if (shape === undefined) return [foreignResource(tool)];
  if (shape.touches === "opaque") return [{ kind: "opaque", reason: "input to a running process", script: false }];
  if (shape.touches === "command") return needEyes(eyes).command(textArg(args, "command"));
  if (shape.touches === "url")
    return [needEyes(eyes).url(textArg(args, "url"), typeof args["method"] === "string" ? args["method"] : "GET")];
  const found = (shape.paths ?? []).flatMap(([argument, ...ops]) =>
    [args[argument] ?? "."].flat().flatMap((path) => ops.map((op) => pathResource(typeof path === "string" ? path : "", op))),
  );
  return found.length > 0 ? found : [{ kind: "call", tool }];
}

function textArg(args: Readonly<Record<string, unknown>>, name: string): string {
  const value = args[name];
  if (typeof value !== "string") throw new Error(`its args need \`${name}\` as a text`);
  return value;
}

function needEyes(eyes: FixedEyes | undefined): FixedEyes {
  if (eyes === undefined) throw new Error("commands and URLs can't be read here: the shell and URL analysis is not available");
  return eyes;
}

function pathResource(path: string, op: PathOp): Resource {
  const real = posix.resolve(TEST_WORKSPACE, path);
  return { kind: "path", op, path: real, type: op === "list" ? "directory" : "file", links: 1 };
}

function principalOf(as: InlineTest["as"]): Principal {
  const { scope, id, client, key, role, user } = as ?? {};
  return {
    id: id ?? "test",
    scopes: toList(scope) ?? [],
    ...(client === undefined ? {} : { client }),
    ...(key === undefined ? {} : { key }),
    ...(role === undefined ? {} : { role }),
    ...(user === undefined ? {} : { user }),
  };
}

/** What is wrong with the decision for a test, or undefined. */
export function judgeTest(test: InlineTest, decision: Decision): string | undefined {
  const by = decision.rules.map((rule) => rule.id).join(", ");
  if (decision.effect !== test.expect) {
    return `the test expects ${test.expect}, the policy says ${decision.effect} (by ${by}) - mend the rules or the test`;
  }
  if (test.rule !== undefined && !decision.rules.some((rule) => rule.id === test.rule)) {
    return `the test expects the rule "${test.rule}", but ${by} decided - mend the rules or the test`;
  }
  return undefined;
}
