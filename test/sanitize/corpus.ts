import { readFileSync } from "node:fs";
import { decodeText } from "../../src/sanitize/sanitize.ts";

/** A row of test/cases/output.jsonl, ready to use: split markers out, generated and raw input made. */
export interface Row {
  readonly id: string;
  readonly area: string;
  readonly kind: string;
  readonly why: string;
  readonly expect: string;
  readonly input: string;
  readonly bytes?: Uint8Array;
  readonly gone: readonly string[];
  readonly keep: readonly string[];
}

interface Raw {
  readonly id: string;
  readonly area: string;
  readonly kind?: string;
  readonly why: string;
  readonly expect: string;
  readonly profile?: string;
  readonly input: string;
  readonly input_b64?: string;
  readonly gone?: readonly string[];
  readonly keep?: readonly string[];
  readonly generate?: { repeat?: string; append_repeat?: string; pad?: string; bytes: number; then?: string };
}

/** The pairs keep synthetic secrets from looking real to scanners of this repository. */
const join = (text: string): string => text.replace(/[\u27e6\u27e7]/g, "");

function generate(input: string, { repeat, append_repeat, pad, bytes, then }: NonNullable<Raw["generate"]>): string {
  if (repeat !== undefined) return repeat.repeat(Math.ceil(bytes / repeat.length)).slice(0, bytes);
  if (append_repeat !== undefined) return input + append_repeat.repeat(bytes);
  return (pad ?? "").repeat(bytes) + join(then ?? "");
}

/** Every row but those of pages, which are converted from HTML before they come here. */
export function loadCorpus(): Row[] {
  return readFileSync(new URL("../cases/output.jsonl", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Raw)
    .filter(({ profile }) => profile === undefined)
    .map((row) => {
      const bytes = row.input_b64 === undefined ? undefined : Buffer.from(row.input_b64, "base64");
      const input =
        bytes !== undefined
          ? decodeText(bytes).text
          : row.generate === undefined
            ? join(row.input)
            : generate(join(row.input), row.generate);
      return {
        id: row.id,
        area: row.area,
        kind: row.kind ?? row.area,
        why: row.why,
        expect: row.expect,
        input,
        ...(bytes === undefined ? {} : { bytes }),
        gone: (row.gone ?? []).map(join),
        keep: (row.keep ?? []).map(join),
      };
    });
}
