/** Where secrets come from, by name. Their values are read at use, and kept only as far as that is needed to find them in answers. */
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { Refusal } from "../types.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Does the source of a secret exist? `env:NAME` is set, `file:PATH` is a file that can be read and isn't empty, `command:LINE` names something to run. Tells nothing of the value. */
export function haveSecret(source: string, env: Environment): boolean {
  const [kind, rest] = partsOf(source);
  if (kind === "env") return (env[rest] ?? "").trim() !== "";
  if (kind === "file") return hasContent(rest);
  return kind === "command" && rest.trim() !== "";
}

function hasContent(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    const found = statSync(path);
    return found.isFile() && found.size > 0;
  } catch {
    return false; // expected: not there, or not ours to read
  }
}

/** `kind:rest`; the rest may hold colons. */
function partsOf(source: string): readonly [kind: string, rest: string] {
  const colon = source.indexOf(":");
  return [source.slice(0, colon), source.slice(colon + 1)];
}

/** The secrets of a policy, by name and source. */
export interface Secrets {
  /** The value as it is now, without blanks around it. Refusal FAILED when there is none; the reason names the secret and nothing of its source. */
  read(name: string, source: string): Promise<string>;
  /** Values to look for in answers: variables and files as they are now, of commands what they last said. What can't be read isn't held. */
  held(named: readonly { readonly name: string; readonly from: string }[]): { readonly name: string; readonly value: string }[];
}

/** A command that tells a secret is the operator's own: it runs as the server does, and must answer within this time (ms). */
const COMMAND_TIMEOUT = 10_000;
const LONGEST = 64 * 1024;

export function openSecrets(env: Environment): Secrets {
  const told = new Map<string, string>();

  function lookUp(source: string): string {
    const [kind, rest] = partsOf(source);
    return (kind === "env" ? (env[rest] ?? "") : kind === "file" ? readFileSync(rest, "utf8") : (told.get(source) ?? "")).trim();
  }

  async function ask(source: string): Promise<string> {
    const [kind, line] = partsOf(source);
    if (kind === "command") {
      const { execFile } = await import("node:child_process");
      const options = { env: { ...env }, timeout: COMMAND_TIMEOUT, maxBuffer: LONGEST, encoding: "utf8" as const };
      told.set(source, (await promisify(execFile)("/bin/sh", ["-c", line], options)).stdout);
    }
    return lookUp(source);
  }

  return {
    async read(name, source) {
      const value = await ask(source).catch((error: unknown) => {
        throw new Refusal("FAILED", `the secret \`${name}\` can't be read`, "its source in the policy (secrets.from) must be there", error);
      });
      if (value === "" || value.length > LONGEST)
        throw new Refusal("FAILED", `the secret \`${name}\` is empty or too long`, "set its source in the policy (secrets.from)");
      return value;
    },
    held: (named) =>
      named.flatMap(({ name, from }) => {
        try {
          const value = lookUp(from);
          return value === "" ? [] : [{ name, value }];
        } catch {
          return []; // what we can't read we can't have told anybody; whoever uses it hears of it from `read`
        }
      }),
  };
}

/**
 * A secret as a request carries it: `Authorization: Bearer VALUE`, or the value as it is where it names its own scheme (`Basic ...`). Refusal
 * FAILED for a value that no header can hold (RFC 9110, 5.5).
 */
export function secretHeaders(name: string, value: string): Readonly<Record<string, string>> {
  if (!/^[\x20-\x7e]+$/.test(value))
    throw new Refusal("FAILED", `the secret \`${name}\` can't stand in a header`, "its value must be one line of plain ASCII");
  return { authorization: value.includes(" ") ? value : `Bearer ${value}` };
}
