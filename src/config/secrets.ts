/** Where secrets come from, by name. Their values are read at use and live nowhere else. */
import { existsSync } from "node:fs";

/** Does the source of a secret exist? `env:NAME` is set, `file:PATH` is there, `command:LINE` names something to run. Never reads the value. */
export function haveSecret(source: string, env: Readonly<Record<string, string | undefined>>): boolean {
  const colon = source.indexOf(":");
  const [kind, rest] = [source.slice(0, colon), source.slice(colon + 1)];
  if (kind === "env") return (env[rest] ?? "") !== "";
  if (kind === "file") return existsSync(rest);
  return kind === "command" && rest.trim() !== "";
}
