import type { Risk } from "../types.ts";
import type { Layer } from "./layer.ts";
import { tighter } from "./part.ts";
import { compileTool } from "./rule.ts";

const RISKS: readonly Risk[] = ["low", "medium", "high"];

/** Risk of a tool: what it is built with, unless a layer's `risk:` says otherwise. */
export type RiskOf = (tool: string, builtIn?: Risk) => Risk;

/** Built-in risks where the caller has none at hand. Unknown tools are medium. */
const LOW = /^(?:read_|list_|directory_tree$|search_|get_file_info$|explain_policy$|process_read$|process_list$)/;
const HIGH = /^(?:delete_path|run_command|process_start|process_write)$/;

/**
 * Compiles the risk tables. Of the entries of a table that match a tool the highest counts, over trusted layers the highest, and an
 * untrusted layer can only raise it.
 */
export function riskTable(layers: readonly Layer[]): RiskOf {
  const tables = layers.map(({ trusted, settings }) => ({
    trusted,
    entries: Object.entries(settings.risk ?? {}).map(([glob, risk]) => ({ matches: compileTool(glob), risk })),
  }));
  const highest = (tool: string, trusted: boolean): Risk | undefined =>
    tables
      .filter((table) => table.trusted === trusted)
      .flatMap((table) => table.entries.filter(({ matches }) => matches(tool)))
      .reduce<Risk | undefined>((worst, { risk }) => (worst === undefined ? risk : tighter(RISKS, worst, risk)), undefined);
  return (tool, builtIn) => {
    const base = highest(tool, true) ?? builtIn ?? builtInRisk(tool);
    const raised = highest(tool, false);
    return raised === undefined ? base : tighter(RISKS, base, raised);
  };
}

function builtInRisk(tool: string): Risk {
  if (tool.includes("/")) return "medium";
  return LOW.test(tool) ? "low" : HIGH.test(tool) ? "high" : "medium";
}
