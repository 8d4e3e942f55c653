/** Simple, script or refused: the two readers side by side. */
import { decode } from "./decode.ts";
import { gate } from "./gate.ts";
import { Stop } from "./line.ts";
import type { Line, Token } from "./line.ts";
import { findCommands, parseText, toLine } from "./parse.ts";
import type { FoundCommand } from "./parse.ts";

/** What a text is. `reason` says what made it a script, or why it is refused. */
type Reading =
  | { readonly verdict: "simple"; readonly line: Line }
  | { readonly verdict: "script"; readonly reason: string; readonly found: readonly FoundCommand[] }
  | { readonly verdict: "refused"; readonly reason: string };

function signToken(token: Token): string {
  return (token.glob === undefined ? "w" : "g") + JSON.stringify(token.text);
}

/** A line as text in which only what both readers must agree on appears. */
function sign(line: Line): string {
  let out = "";
  for (const list of line) {
    for (const [index, pipeline] of list.pipelines.entries()) {
      out += index === 0 ? ";" : list.operators[index - 1];
      out += pipeline.time ?? "";
      for (const command of pipeline.commands) {
        out += "|";
        for (const { name, value } of command.assignments) out += `a${name}=${JSON.stringify(value)}`;
        for (const word of command.words) out += signToken(word);
        for (const { fd, mode, target } of command.redirections) out += `r${fd}${mode}${JSON.stringify(target.text)}`;
      }
    }
  }
  return out;
}

function attempt<T>(read: () => T): T | Stop {
  try {
    return read();
  } catch (error) {
    if (error instanceof Stop) return error;
    if (error instanceof RangeError) return new Stop("refused", "nested too deeply");
    throw error;
  }
}

/** Every command in a text that parses, however deep: for texts that turn out to be scripts only while they are read. Throws Stop. */
export function findAll(text: string): readonly FoundCommand[] {
  return findCommands(parseText(text));
}

/** Reads a command text. `posix`: it is the argument of `sh -c`, where some of bash's grammar means something else. Never throws. */
export function classify(text: string, posix = false): Reading {
  const barred = gate(text);
  if (barred !== null) return { verdict: "refused", reason: barred };
  const ours = attempt(() => decode(text, posix));
  if (ours instanceof Stop && ours.verdict === "refused") return { verdict: "refused", reason: ours.message };
  const script = attempt(() => parseText(text));
  if (script instanceof Stop) return { verdict: "refused", reason: script.message };
  if (ours instanceof Stop) {
    const found = attempt(() => findCommands(script));
    if (found instanceof Stop) return { verdict: "refused", reason: found.message };
    return { verdict: "script", reason: ours.message, found };
  }
  const theirs = attempt(() => toLine(script));
  if (theirs instanceof Stop || sign(theirs) !== sign(ours)) return { verdict: "refused", reason: "it can be read in two ways" };
  return { verdict: "simple", line: ours };
}
