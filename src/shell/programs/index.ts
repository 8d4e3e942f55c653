/** The table of a program, by the name it is called with. */
import type { Program } from "../program.ts";
import { archives } from "./archives.ts";
import { building } from "./building.ts";
import { files } from "./files.ts";
import { git } from "./git.ts";
import { interactive } from "./interactive.ts";
import { languages, python } from "./languages.ts";
import { network } from "./network.ts";
import { packages } from "./packages.ts";
import { search } from "./search.ts";
import { services } from "./services.ts";
import { system } from "./system.ts";
import { testing } from "./testing.ts";
import { text } from "./text.ts";
import { wrappers } from "./wrappers.ts";

let tables: Map<string, Program> | null = null;

function build(): Map<string, Program> {
  const all = new Map<string, Program>();
  const families = [
    text,
    files,
    search,
    system,
    wrappers,
    languages,
    testing,
    building,
    packages,
    network,
    services,
    interactive,
    archives,
    { git },
  ];
  for (const family of families)
    for (const [names, table] of Object.entries(family)) for (const name of names.split(" ")) all.set(name, table);
  const modules = {
    pytest: testing.pytest,
    unittest: testing.unittest,
    mypy: testing.mypy,
    ruff: testing.ruff,
    black: testing.black,
    flake8: testing.flake8,
    pip: packages.pip,
  };
  const known = Object.fromEntries(Object.entries(modules).filter((entry): entry is [string, Program] => entry[1] !== undefined));
  const interpreter = python(() => known);
  for (const name of ["python", "python3", "python2", "pypy3"]) all.set(name, interpreter);
  return all;
}

/** Where programs of the system live; a program elsewhere is whatever its file says, so it has no table. */
const SYSTEM = /^\/(?:usr\/(?:local\/)?)?s?bin\/([^/]+)$/;

/** Interpreters that are installed under a version as well. */
const VERSIONED = /^(python|ruby|perl|node|php|lua|gcc|g\+\+|clang|pip|pytest|java|bash)-?[0-9][0-9.]*$/;

/** The table for a program name, or a path in a system directory. Versioned interpreters (`python3.11`) are their plain selves. */
export function findProgram(name: string): Program | undefined {
  tables ??= build();
  const base = name.includes("/") ? SYSTEM.exec(name)?.[1] : name;
  if (base === undefined) return undefined;
  return tables.get(base) ?? tables.get(VERSIONED.exec(base)?.[1] ?? "");
}
