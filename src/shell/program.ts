/** What a program table says: data, read by `read-program.ts`. Every table is an allow-list; what it doesn't name is a hazard. */
import type { View } from "./view.ts";

/**
 * What a word means to the program.
 * `text` nothing beyond itself; `read`, `list`, `write`, `delete` a path; `entry` a path made without content; `move` read and deleted;
 * `code` read as code or run; `url` a request to a host.
 */
export type Role = "text" | "read" | "list" | "write" | "delete" | "entry" | "move" | "code" | "url";

export interface Program {
  /**
   * Options, separated by blanks: names joined by commas, then `=` (takes a value) or `=?` (only attached: `--color=auto`), then `@role` of
   * the value. A leading `!` marks an option that runs something, is read as code, or changes what others mean: a hazard.
   * `-n,--lines=  -o,--output=@write  --color=?  !-x,--exec=`
   */
  readonly options?: string;
  /** Long options have a single dash and shorts can't be bundled (go, find). */
  readonly singleDash?: true;
  /** Options end at the first operand (env, timeout, node, docker). */
  readonly optionsFirst?: true;
  /** Options after which everything is an operand (`python -m NAME ...`). */
  readonly lastOptions?: string;
  /** `-5` is a number of lines. */
  readonly digits?: true;
  /** Roles of the operands, separated by blanks; the last one repeats. Default: `text`. */
  readonly operands?: string;
  /** Role of the last of several operands (the destination of cp). */
  readonly last?: Role;
  /** Options that take the place of the first operand (`-e` of grep). */
  readonly insteadOfFirst?: string;
  /** Without operands (of a role other than text): reads standard input, or works on the current directory with the given role. */
  readonly bare?: "input" | "read" | "list";
  /** Reads standard input whatever its operands. */
  readonly input?: true;
  /** The built-in set a use belongs to when it only reads. */
  readonly set?: "read-basic" | "git-read";
  /** The first operand chooses; one that isn't listed is a hazard. Keys may list several names, separated by blanks. */
  readonly subcommands?: Readonly<Record<string, Program>>;
  /** Says more about a use than the words above can. */
  readonly examine?: (view: View) => void;
}

/** One option of a table, compiled. */
export interface Option {
  readonly value: "none" | "required" | "attached";
  readonly role: Role;
  readonly hazard: boolean;
}

export interface Compiled {
  readonly options: ReadonlyMap<string, Option>;
  /** Long names, for completing abbreviations. */
  readonly long: readonly string[];
  readonly operands: readonly Role[];
  readonly subcommands: ReadonlyMap<string, Program> | null;
}

const compiled = new WeakMap<Program, Compiled>();

/** Compiles a table on its first use. */
export function compile(program: Program): Compiled {
  const known = compiled.get(program);
  if (known !== undefined) return known;
  const options = new Map<string, Option>();
  for (const item of program.options?.split(/\s+/) ?? []) {
    if (item === "") continue;
    const [head = "", role] = item.split("@");
    const hazard = head.startsWith("!");
    const value = head.endsWith("=?") ? "attached" : head.endsWith("=") ? "required" : "none";
    const names = head.slice(hazard ? 1 : 0).replace(/=\??$/, "");
    for (const name of names.split(",")) options.set(name, { value, role: (role ?? "text") as Role, hazard });
  }
  const subcommands =
    program.subcommands === undefined
      ? null
      : new Map(Object.entries(program.subcommands).flatMap(([names, table]) => names.split(" ").map((name) => [name, table] as const)));
  const result: Compiled = {
    options,
    long: [...options.keys()].filter((name) => name.startsWith("--")),
    operands: (program.operands?.split(" ") ?? ["text"]) as Role[],
    subcommands,
  };
  compiled.set(program, result);
  return result;
}
