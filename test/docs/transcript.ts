/** A session written down as a person would see it, with the names of an example in the place of this machine's. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { ENTRY } from "../e2e/world.ts";
import type { World } from "../e2e/world.ts";
import type { Form } from "./stdio.ts";

/** PATH of a desktop session: nothing of the shell that runs the tests. */
const PATH = "/usr/local/bin:/usr/bin:/bin";

export interface Transcript {
  readonly env: Record<string, string>;
  /** The person runs one of our commands. With `typed` at a terminal, where that is typed. */
  shell(line: string, typed?: string): Promise<string>;
  /** The model makes a call. */
  call(tool: string, args: object): void;
  /** What comes back. */
  result(result: Record<string, unknown>): void;
  /** The client shows a form, and the person chooses. */
  form(client: string, form: Form, choice: string): void;
  say(text: string): void;
  text(): string;
}

export function openTranscript(world: World): Transcript {
  const env = { HOME: join(world.root, "home"), PATH };
  const lines: string[] = [];
  const say = (text: string): void => void lines.push(...text.trimEnd().split("\n"));
  return {
    env,
    say,
    async shell(line, typed) {
      const words = line.replaceAll("~/shop", world.workspace).split(" ").slice(1);
      const output = await run(words, { ...env, PATH: process.env["PATH"] ?? PATH }, world.workspace, typed);
      say(`$ ${line}`);
      // a terminal shows what is typed before anybody has asked, and moves its cursor
      const shown = stripVTControlCharacters(output)
        .split(/\r*\n/)
        .filter((part) => part !== typed?.trim());
      say(shown.map((part) => part.replace(/^(Type yes to \w+ it:).*/, "$1 yes")).join("\n"));
      return output;
    },
    call: (tool, args) => say(`\nthe model: ${tool} ${JSON.stringify(args)}`),
    result(result) {
      const { content, isError } = result as { content: { text?: string }[]; isError?: boolean };
      say(indent(`${isError ? "refused: " : ""}${content.map(({ text = "" }) => text).join("\n")}`, "    "));
    },
    form(client, { message, choices }, choice) {
      say(`  ${client} asks:`);
      say(indent(message, "  | "));
      say(`  | [${choices.join("] [")}]`);
      say(`  the person chooses ${choice}`);
    },
    text: () => {
      let text = `${lines
        .join("\n")
        .replaceAll(/[ \t]+$/gm, "")
        .trim()}\n`;
      const names: readonly (readonly [string | RegExp, string])[] = [
        [world.workspace, "/home/ada/shop"],
        [env.HOME, "/home/ada"],
        [ENTRY, "/opt/portcullis/dist/cli.js"],
        [process.execPath, "/usr/bin/node"],
        [/\b\d+:\d+(?= --name|",\n *"--name)/g, "1000:1000"],
        [/(?<=after )\d+(?= ms)/g, "12"],
        [/portcullis:\d+\.\d+\.\d+/g, "portcullis:VERSION"],
      ];
      for (const [from, to] of names) text = text.replaceAll(from, to);
      // the markers around a text are random, the ids of approvals too
      for (const [index, id] of [...new Set(text.match(/\bapr_\w+/g))].entries()) text = text.replaceAll(id, `apr_${index + 1}`);
      return text;
    },
  };
}

function indent(text: string, by: string): string {
  return text.trimEnd().replaceAll(/^/gm, by);
}

/** Runs the built command line; `typed` at a terminal of its own (script(1) of util-linux). */
function run(words: readonly string[], env: Record<string, string>, cwd: string, typed?: string): Promise<string> {
  const whole = [process.execPath, ENTRY, ...words];
  const [file = "", ...args] = typed === undefined ? whole : ["script", "-qec", whole.map((word) => `'${word}'`).join(" "), "/dev/null"];
  return new Promise((resolve) => {
    const child = execFile(file, args, { env, cwd }, (_error, stdout, stderr) => resolve(stdout + stderr));
    child.stdin?.on("error", () => undefined).end(typed ?? "");
  });
}
