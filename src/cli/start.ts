/** `portcullis start`: the first run in one command. Serves over HTTP on loopback, makes a key when there is none, and says how clients connect. */
import { commandLine } from "../compose/words.ts";
import { isWildcard } from "../config/http.ts";
import { loadConfig, surroundings } from "../config/load.ts";
import type { Config, Flags } from "../config/load.ts";
import { connectLine, entryWords } from "./entry.ts";
import { makeKey } from "./keys.ts";
import { serve } from "./serve.ts";
import { withBooks } from "./with-books.ts";

/** Where it listens when nothing else is said; when another program is there already, any free port does. */
const LISTEN = "127.0.0.1:8420";

/** The name of the key of the first run. */
const FIRST_KEY = "first";

/** How clients get in: without a key, with one that was made just now, or with one that its owner has. */
type Access = { readonly kind: "open" } | { readonly kind: "made"; readonly key: string } | { readonly kind: "known" };

/** Serves until a signal ends it. */
export async function start(options: Flags): Promise<void> {
  const config = await loadConfig(options, surroundings());
  const unsaid = config.http === undefined;
  const serving = unsaid ? { ...options, http: LISTEN } : options;
  const access: Access = config.http?.open === true ? { kind: "open" } : await firstKey(config.state);
  await serve(serving, { anyPort: unsaid, onUrl: (url) => void process.stdout.write(welcome(reachable(url), config, access)) });
}

/** Makes a key when none is in force. */
async function firstKey(state: string): Promise<Access> {
  let made: string | undefined;
  await withBooks(
    { state },
    async (books) => {
      const at = books.now();
      // The names of ended keys stay taken.
      for (let number = 1; !books.keys.anyInForce(at) && made === undefined; number += 1)
        made = await makeKey(books, { name: number === 1 ? FIRST_KEY : `${FIRST_KEY}-${number}`, scopes: [] });
      return 0;
    },
    true,
  );
  return made === undefined ? { kind: "known" } : { kind: "made", key: made };
}

/** Every address of the machine is a place to listen at and none to go to: here it is the loopback one. */
function reachable(url: string): string {
  const { hostname } = new URL(url);
  return isWildcard(hostname.replace(/^\[|\]$/g, "")) ? url.replace(hostname, "127.0.0.1") : url;
}

/** What a person reads; the secret of a new key is shown this once. */
function welcome(url: string, config: Config, access: Access): string {
  const ours = commandLine(config.entry ?? entryWords(), config.state);
  const bearer = access.kind === "open" ? undefined : `Bearer ${access.kind === "made" ? access.key : "YOUR_KEY"}`;
  const entry = {
    portcullis: { type: "http", url: `${url}/mcp`, ...(bearer === undefined ? {} : { headers: { Authorization: bearer } }) },
  };
  const about = {
    open: () => "Everybody on this machine can call it (--no-auth).",
    made: () => `Its key is shown this once:\n\n  ${access.kind === "made" ? access.key : ""}`,
    known: () => `It wants the key that the first run showed. Another one: ${ours("keys", "create", "--name", "NAME")}`,
  }[access.kind]();
  return `
Portcullis guards ${config.workspaces.join(", ")} at ${url} (Ctrl-C ends it).
${about}

Claude Code:
  claude mcp add --transport http portcullis ${url}/mcp${bearer === undefined ? "" : ` --header "Authorization: ${bearer}"`}

Cursor ("mcpServers" in .cursor/mcp.json) and VS Code ("servers" in .vscode/mcp.json):
  ${JSON.stringify(entry)}

Clients that start a program instead (docs/clients.md has them all); this shows what to put where, and writes it with --write:
  ${connectLine("claude-desktop", config)}
`;
}
