/** Output streams of a command: each piece cleaned by itself, our own markers between them untouched. */
import type { OutputStream } from "../types.ts";

/** Streams that are fit to be told: together as text, and each by its name. */
interface CleanedStreams {
  readonly text: string;
  readonly named: Readonly<Record<string, string>>;
}

/** Cleans pieces with `clean` and puts them together; stderr stands behind its name. */
export async function cleanStreams(streams: readonly OutputStream[], clean: (text: string) => Promise<string>): Promise<CleanedStreams> {
  const named: Record<string, string> = {};
  let text = "";
  for (const { name, head, rest } of streams) {
    let shown = await clean(head);
    if (rest !== undefined) shown = `${ended(shown)}[TRUNCATED ${rest.kept} of ${rest.total} bytes]\n${await clean(rest.tail)}`;
    named[name] = shown;
    if (shown !== "") text = `${ended(text)}${name === "stderr" ? "[stderr]\n" : ""}${shown}`;
  }
  return { text: text.replace(/\n$/, ""), named };
}

/** Text in front of something else: on a line of its own. */
function ended(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
