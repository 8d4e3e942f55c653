/**
 * Searching in files. ripgrep finds; each file it names is judged again through the door, and the lines that are told are read from that
 * descriptor. A hit in a file that may not be read is dropped before it counts.
 */
import { closeSync, constants } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { ContentHits, ContentSearch, HitLine } from "../types.ts";
import { Refusal } from "../types.ts";
import { openPlain } from "./find.ts";
import { readHitLines } from "./hit-lines.ts";
import type { Hit } from "./hit-lines.ts";
import type { Held } from "./held.ts";
import { closePin, openPinned } from "./platform.ts";
import { runRipgrep } from "./ripgrep.ts";
import type { SearchedThing } from "./ripgrep.ts";
import type { Work } from "./work.ts";
import { checkSignal } from "./work.ts";

const LONGEST_PATTERN = 4096;
/** Files between two turns of the event loop. */
const TURN = 32;

/** What ripgrep said of one file. */
interface Reported {
  count: number;
  readonly hits: Hit[];
}

/** See `FileHands.searchContent`. */
export async function searchContent(work: Work, held: Held, search: ContentSearch): Promise<ContentHits> {
  for (const text of [search.pattern, search.glob ?? ""]) {
    if (text.length > LONGEST_PATTERN || text.includes("\0"))
      throw new Refusal("INVALID_INPUT", "the pattern is too long or holds a NUL", "use a shorter pattern");
  }
  if (held.stat.isFile()) return searchFile(work, held, search);
  const reports = new Map<string, Reported | undefined>();
  const admit = (path: string): Reported | undefined => {
    const real = join(held.pin.real, path);
    if (!reports.has(real)) reports.set(real, work.grant.admits(real, "read") ? { count: 0, hits: [] } : undefined);
    return reports.get(real);
  };
  const glob = search.glob === undefined ? [] : [`--glob=${search.glob}`];
  const truncated = await collect(work, { directory: held.pin }, search, [...glob, "--glob=!.git"], admit);
  const files = [...reports].filter((report): report is [string, Reported] => report[1] !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
  return tell(work, files, search, truncated);
}

/** One file: ripgrep gets the judged descriptor itself. */
async function searchFile(work: Work, held: Held, search: ContentSearch): Promise<ContentHits> {
  const report: Reported = { count: 0, hits: [] };
  const fd = openPinned(held.pin, constants.O_RDONLY);
  let truncated: boolean;
  try {
    truncated = await collect(work, { file: fd }, search, [], () => report);
  } finally {
    closeSync(fd);
  }
  return tell(work, report.count === 0 ? [] : [[held.pin.real, report]], search, truncated);
}

/** Runs ripgrep and sorts what it reports into `reportOf`; gives whether the cap ended it. */
async function collect(
  work: Work,
  thing: SearchedThing,
  search: ContentSearch,
  extra: readonly string[],
  reportOf: (path: string) => Reported | undefined,
): Promise<boolean> {
  const modes = {
    content: ["--line-number", "--byte-offset", "--no-heading", "--max-columns=1"],
    files: ["--files-with-matches"],
    count: ["--count"],
  };
  const args = [
    ...modes[search.outputMode],
    "--with-filename",
    "--encoding=none",
    "--crlf",
    search.ignoreCase === true ? "--ignore-case" : "--case-sensitive",
    ...(search.literal === true ? ["--fixed-strings"] : []),
    ...extra,
    `--regexp=${search.pattern}`,
    "--",
  ];
  let rest = "";
  let left = search.maxMatches;
  let truncated = false;
  const decoder = new TextDecoder();
  await runRipgrep(thing, args, search.respectGitignore ?? true, work.grant.signal, (chunk) => {
    const text = rest + decoder.decode(chunk, { stream: true });
    let at = 0;
    while (!truncated) {
      const name = text.indexOf("\0", at);
      const end = search.outputMode === "files" ? name : text.indexOf("\n", name);
      if (name === -1 || end === -1) break;
      const report = reportOf(text.slice(at, name).replace(/^\.\//, ""));
      if (report !== undefined && note(report, text.slice(name + 1, end).replace(/\r$/, "")) && left-- === 0) truncated = true;
      at = end + 1;
    }
    rest = text.slice(at);
    return !truncated;
  });
  return truncated;
}

/** Reads what follows the name: nothing, a count, or `line:offset:`. Anything else (a warning on a binary file) is no hit. */
function note(report: Reported, said: string): boolean {
  if (said === "" || /^\d+$/.test(said)) {
    report.count = said === "" ? 1 : Number(said);
    return true;
  }
  const hit = /^(\d+):(\d+):/.exec(said);
  if (hit === null) return false;
  report.count++;
  report.hits.push({ line: Number(hit[1]), offset: Number(hit[2]) });
  return true;
}

/** Judges each file again and reads its lines, as far as the limits go. */
async function tell(
  work: Work,
  reports: readonly (readonly [string, Reported])[],
  search: ContentSearch,
  cut: boolean,
): Promise<ContentHits> {
  const files: { path: string; count: number; lines: readonly HitLine[] }[] = [];
  let room = work.grant.limits.read;
  let left = search.maxMatches;
  for (const [index, [path, report]] of reports.entries()) {
    if (index % TURN === TURN - 1) await setImmediate();
    checkSignal(work.grant.signal);
    if (left <= 0 || room <= 0) return { files, truncated: true };
    const found = openPlain(work.roots, path);
    if (found === undefined) continue;
    try {
      if (!found.stat.isFile() || report.count === 0) continue;
      const lines = search.outputMode === "content" ? readHitLines(found, report.hits.slice(0, left), search.contextLines ?? 0) : [];
      left -= search.outputMode === "content" ? report.hits.length : 1;
      for (const line of lines) room -= line.text.length;
      if (lines.length > 0 || search.outputMode !== "content") files.push({ path, count: report.count, lines });
    } finally {
      closePin(found.pin.fd);
    }
  }
  return { files, truncated: cut };
}
