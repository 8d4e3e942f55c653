/**
 * The clients that can be connected, as data: where each keeps its servers and how it writes one down. Checked in November 2026 against the page
 * that is named with each; a client that moves its file is a change of one row.
 */
import { appData, applicationData, directoryOf, joinAt, xdgConfig } from "./place.ts";
import type { Place } from "./place.ts";

/** What a client starts: the program and its arguments. */
export type Words = readonly string[];

/** One server as a client's file has it. */
export type Entry = Readonly<Record<string, unknown>>;

export interface Client {
  readonly id: string;
  readonly title: string;
  readonly format: "json" | "toml" | "yaml";
  /** Its files at a place, the preferred first: the first that is there counts, else the last. */
  files(place: Place): readonly string[];
  /** The keys that lead to the servers; the first that is there counts, else the last. */
  readonly sections: readonly (readonly string[])[];
  entry(words: Words, name: string): Entry;
  /** What a client starts for an entry; empty when it isn't one that starts a program. */
  words(entry: Entry): Words;
  /** What a person does for the change to count. */
  readonly next: string;
}

const plain = (words: Words): Entry => ({ command: words[0] ?? "", args: words.slice(1) });
const stdio = (words: Words): Entry => ({ type: "stdio", ...plain(words) });

function plainWords({ command, args }: Entry): Words {
  return typeof command === "string" && (args === undefined || isStrings(args)) ? [command, ...(args ?? [])] : [];
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

const MCP_SERVERS = [["mcpServers"]] as const;
const JSON_LIKE = { format: "json", words: plainWords } as const;

export const CLIENTS: readonly Client[] = [
  {
    ...JSON_LIKE,
    id: "claude-desktop",
    title: "Claude Desktop",
    // https://modelcontextprotocol.io/docs/develop/connect-local-servers; the Store's package keeps a copy of its own, which hides the other
    files: (place) => {
      const usual = joinAt(place, applicationData(place), "Claude", "claude_desktop_config.json");
      const local = directoryOf(place, "LOCALAPPDATA");
      if (place.platform !== "win32" || local === undefined) return [usual];
      return [
        joinAt(place, local, "Packages", "Claude_pzs8sxrjxfjjc", "LocalCache", "Roaming", "Claude", "claude_desktop_config.json"),
        usual,
      ];
    },
    sections: MCP_SERVERS,
    entry: plain,
    next: "Quit Claude Desktop (closing the window is not enough) and start it again.",
  },
  {
    ...JSON_LIKE,
    id: "claude-code",
    title: "Claude Code",
    // https://code.claude.com/docs/en/mcp: user scope; a project's own file is `.mcp.json` (--file)
    files: (place) => [joinAt(place, directoryOf(place, "CLAUDE_CONFIG_DIR") ?? place.home, ".claude.json")],
    sections: MCP_SERVERS,
    entry: stdio,
    next: "Start Claude Code anew; while it runs it may write its file over.",
  },
  {
    ...JSON_LIKE,
    id: "vscode",
    title: "VS Code",
    // https://code.visualstudio.com/docs/agents/reference/mcp-configuration: the user profile's mcp.json; a workspace's is .vscode/mcp.json (--file)
    files: (place) => [joinAt(place, applicationData(place), "Code", "User", "mcp.json")],
    sections: [["servers"]],
    entry: stdio,
    next: "VS Code asks once whether the server is trusted: run `MCP: List Servers` and start it.",
  },
  {
    ...JSON_LIKE,
    id: "cursor",
    title: "Cursor",
    // https://cursor.com/docs/mcp; a project's is .cursor/mcp.json (--file)
    files: (place) => [joinAt(place, place.home, ".cursor", "mcp.json")],
    sections: MCP_SERVERS,
    entry: stdio,
    next: "Restart Cursor and look for it under Customize, MCPs.",
  },
  {
    id: "codex",
    title: "Codex",
    format: "toml",
    // https://developers.openai.com/codex/mcp
    files: (place) => [joinAt(place, directoryOf(place, "CODEX_HOME") ?? joinAt(place, place.home, ".codex"), "config.toml")],
    sections: [["mcp_servers"]],
    entry: plain,
    words: plainWords,
    next: "Start Codex anew; `/mcp` lists it.",
  },
  {
    ...JSON_LIKE,
    id: "gemini",
    title: "Gemini CLI",
    // https://geminicli.com/docs/reference/configuration; GEMINI_CLI_HOME stands for the home (packages/core/src/utils/paths.ts)
    files: (place) => [joinAt(place, directoryOf(place, "GEMINI_CLI_HOME") ?? place.home, ".gemini", "settings.json")],
    sections: MCP_SERVERS,
    entry: plain,
    next: "Start Gemini CLI anew; `/mcp` lists it.",
  },
  {
    ...JSON_LIKE,
    id: "windsurf",
    title: "Windsurf (Devin Desktop)",
    // Windsurf became Devin Desktop in June 2026, whose agents read its own directory where there is one (https://docs.devin.ai)
    files: (place) => {
      const devin = joinAt(place, place.platform === "win32" ? appData(place) : joinAt(place, place.home, ".config"), "devin");
      return [
        place.there(devin) ? joinAt(place, devin, "mcp_config.json") : joinAt(place, place.home, ".codeium", "windsurf", "mcp_config.json"),
      ];
    },
    sections: MCP_SERVERS,
    entry: plain,
    next: "Restart it, or refresh its list of MCP servers.",
  },
  {
    ...JSON_LIKE,
    id: "zed",
    title: "Zed",
    // https://zed.dev/docs/ai/mcp and /configuring-zed: XDG_CONFIG_HOME counts on Linux only
    files: (place) => {
      if (place.platform === "win32") return [joinAt(place, appData(place), "Zed", "settings.json")];
      const config = place.platform === "linux" ? xdgConfig(place) : joinAt(place, place.home, ".config");
      return [joinAt(place, config, "zed", "settings.json")];
    },
    sections: [["context_servers"]],
    entry: plain,
    next: "Zed reads it at once; the Agent Panel's settings show a green dot.",
  },
  {
    id: "goose",
    title: "Goose",
    format: "yaml",
    // https://block.github.io/goose/docs/guides/config-files; GOOSE_PATH_ROOT as in crates/goose/src/config/paths.rs
    files: (place) => {
      const root = directoryOf(place, "GOOSE_PATH_ROOT");
      if (root !== undefined) return [joinAt(place, root, "config", "config.yaml")];
      if (place.platform === "win32") return [joinAt(place, appData(place), "Block", "goose", "config", "config.yaml")];
      return [joinAt(place, xdgConfig(place), "goose", "config.yaml")];
    },
    sections: [["extensions"]],
    entry: ([cmd, ...args], name) => ({
      enabled: true,
      type: "stdio",
      name,
      description: "files, search, commands and fetch behind one gate",
      cmd,
      args,
      envs: {},
      timeout: 300,
    }),
    words: ({ cmd, args }) => plainWords({ command: cmd, args }),
    next: "Start a new Goose session.",
  },
  {
    ...JSON_LIKE,
    id: "opencode",
    title: "opencode",
    // https://opencode.ai/docs/mcp-servers; version 2 nests servers below mcp.servers and still reads the older form (/docs/migrate-v1)
    files: (place) => ["opencode.jsonc", "opencode.json"].map((name) => joinAt(place, xdgConfig(place), "opencode", name)),
    sections: [["mcp", "servers"], ["mcp"]],
    entry: (words) => ({ type: "local", command: words, enabled: true }),
    words: ({ command }) => (isStrings(command) ? command : []),
    next: "Start opencode anew.",
  },
];
