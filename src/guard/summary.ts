/** One line about a call for the audit: the tool and what it is aimed at, never content. */
import type { Call } from "../types.ts";

/** Arguments that say what a call is aimed at, in the order they are shown. */
const TELLING = ["path", "paths", "source", "destination", "pattern", "command", "argv", "url", "id", "tool"];

/** At most 400 characters; the audit redacts it and then cuts it to 200. */
export function summarize(call: Pick<Call, "tool" | "args">): string {
  const parts = TELLING.filter((name) => Object.hasOwn(call.args, name)).map((name) => {
    const value = call.args[name];
    return typeof value === "string" ? JSON.stringify(value) : (JSON.stringify(value) ?? "");
  });
  return [call.tool, ...parts].join(" ").slice(0, 400);
}
