/** Package managers. Listing looks; everything else can fetch, install or run code of others and has to be named. */
import type { Program } from "../program.ts";
import { readInto } from "../read-program.ts";
import type { View } from "../view.ts";
import { testing } from "./testing.ts";

const NPM_COMMON =
  "-s,--silent -q,--quiet -d --verbose --loglevel= --json --long --no-color --color=? --if-present -w,--workspace= --workspaces,-ws --include-workspace-root -h,--help --no-fund --no-audit --offline --prefer-offline --no-update-notifier --progress=? --no-progress";

/** `npm test`, `npm run NAME`: options of npm before `--`, the script's own after it. */
function script(nameIsOperand: boolean): Program {
  return {
    options: NPM_COMMON,
    examine: (view) => {
      view.hazards.push({ word: view.subcommand, reason: "runs a script of the workspace" });
      // `npm run` alone lists scripts. Further operands go to the script, which is the workspace's own.
      const name = nameIsOperand ? view.operands[0] : undefined;
      if (name !== undefined && (name.text === null || !/^[\w:@./-]+$/.test(name.text)))
        view.hazards.push({ word: name.word, reason: "not a plain script name" });
    },
  };
}

const LIST: Program = {
  options: `${NPM_COMMON} --depth= -a,--all -p,--parseable --link --omit= --include= --package-lock-only -g,--global -P,--prod -D,--dev -r,--recursive`,
  operands: "text",
};

const NPM: Program = {
  options: `${NPM_COMMON} -v,--version !--prefix= !-C= !--script-shell= !--node-options= !--userconfig= !--globalconfig= !--registry= !-g,--global !--ignore-scripts`,
  subcommands: {
    "test t tst": script(false),
    "run run-script rum urn": script(true),
    "start stop restart": script(false),
    "ls list la ll": LIST,
    "outdated view info show v search explain why root bin prefix help version fund doctor ping whoami": {
      options: `${NPM_COMMON} --depth= -a,--all`,
      operands: "text",
      examine: netOrPlain,
    },
    why: LIST,
  },
};

/** `npm version 1.2.3` changes; `npm version` prints. */
function netOrPlain(view: View): void {
  if (view.words[view.subcommand] === "version" && view.operands.length > 0)
    view.hazards.push({ word: view.subcommand, reason: "changes package.json" });
}

/** `npx NAME ...`: the package to run is named; its own table goes on where there is one. */
const NPX: Program = {
  options:
    "--no-install --no -q,--quiet --offline --prefer-offline -v,--version -h,--help !-y,--yes !-p,--package= !-c,--call= !--shell= !--node-arg= !-n= !--ignore-existing !-w,--workspace= !--prefix=",
  optionsFirst: true,
  examine: (view) => {
    const [name] = view.operands;
    if (name === undefined) return;
    view.hazards.push({ word: name.word, reason: "a package that would run" });
    const table = name.text === null ? undefined : testing[name.text];
    view.operands.length = 0;
    if (table !== undefined) readInto(view, table, name.word + 1);
    else
      for (let at = name.word + 1; at < view.words.length; at++)
        if (view.words[at]?.startsWith("-")) view.hazards.push({ word: at, reason: "an option of a package we don't know" });
  },
};

/** Looks by these subcommands only. */
function looking(names: string, options = ""): Program {
  return {
    options: `${options} -h,--help`,
    subcommands: { [names]: { options: `${NPM_COMMON} ${options} --format= --outdated -o -u --local --user`, operands: "text" } },
  };
}

/** Even the version question loads plugins that the workspace's configuration names: every word counts. */
const LOADS_PLUGINS: Program = {
  examine: (view) => {
    view.hazards.length = 0;
    for (let word = 1; word < view.words.length; word++)
      view.hazards.push({ word, reason: "it loads plugins of the workspace before anything else" });
  },
};

export const packages: Readonly<Record<string, Program>> = {
  npm: NPM,
  npx: NPX,
  bunx: NPX,
  pnpm: {
    options: `${NPM_COMMON} -v,--version !-C,--dir= !-r,--recursive !--filter= !-F=`,
    subcommands: { "test t": script(false), "run run-script": script(true), "ls list la ll why outdated": LIST },
  },
  yarn: LOADS_PLUGINS,
  pip: looking("list show freeze check debug", "-V,--version"),
  pip3: looking("list show freeze check debug", "-V,--version"),
  uv: looking("version", "-V,--version"),
  "uvx pipx corepack volta nvm fnm asdf mise": { options: "--version -h,--help", operands: "code" },
  poetry: looking("show version check", "-V,--version"),
  pipenv: looking("graph", "--version"),
  conda: looking("list info", "-V,--version"),
  gem: looking("list environment search", "-v,--version"),
  composer: looking("show licenses outdated", "-V,--version"),
  "nix nix-shell nix-env nix-build guix port choco winget scoop": { options: "--version", operands: "code" },
};
