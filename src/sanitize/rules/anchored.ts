/** Tokens that are known by something in their middle: the part before it is looked for backwards. */
import { looksIssued } from "../likelihood.ts";
import type { Rule } from "./format.ts";

/** Rule id, the literals it is known by, what stands before them (a class body and how many) and after them, both as regular expressions. */
type AnchoredFormat = readonly [id: string, anchors: string, before: string, least: number, most: number, after: string];

/**
 * Sources: Microsoft "identifiable secrets" (github.com/microsoft/security-utilities, signatures inside 44 to 88 characters of base64) and
 * Entra client secrets (`Q~`), Azure DevOps (`AZDO` at 76 of 84), OpenAI's own signature, Terraform Cloud, MaxMind, New Relic licenses,
 * Mailchimp, Telegram "bot API: authorizing", Discord "authentication", Twitter access tokens, Databricks accounts, kubeadm bootstrap tokens.
 */
const FORMATS: readonly AnchoredFormat[] = [
  [
    "azure-key",
    "+ASt +ASb +AEh +ARm +ABa AIoT ACDb AzCa AzSe AzFu APIM AQoD",
    "A-Za-z0-9+/",
    28,
    80,
    "[A-Za-z0-9+/]{4,6}={0,2}(?![A-Za-z0-9+/=])",
  ],
  ["azure-client-secret", "Q~", "A-Za-z0-9_.~-", 4, 4, "[\\w.~-]{31,36}"],
  ["azure-devops-token", "AZDO", "A-Za-z0-9", 70, 80, "[A-Za-z0-9]{4}(?![A-Za-z0-9])"],
  ["openai-key", "T3BlbkFJ", "A-Za-z0-9_-", 20, 160, "[\\w-]{20,120}"],
  ["terraform-token", ".atlasv1.", "A-Za-z0-9", 14, 14, "[\\w=-]{50,80}"],
  ["maxmind-key", "_mmk", "A-Za-z0-9_", 36, 36, "(?![A-Za-z0-9])"],
  ["new-relic-license", "NRAL", "0-9a-fA-F", 30, 42, "(?![A-Za-z0-9])"],
  ["mailchimp-key", "-us", "0-9a-f", 32, 32, "\\d{1,2}(?!\\w)"],
  ["telegram-token", "0:a 1:a 2:a 3:a 4:a 5:a 6:a 7:a 8:a 9:a", "0-9", 5, 15, "(?<=A)[\\w-]{32,36}(?![\\w-])"],
];

/** The rules of this table. */
export function anchoredRules(): Rule[] {
  return FORMATS.map(([id, anchors, before, least, most, after]) => {
    const keywords = anchors.split(" ");
    let letters: RegExp | undefined;
    let rest: RegExp | undefined;
    return {
      id,
      rank: 0,
      keywords,
      find(text, start, end) {
        if (!keywords.some((word) => word === text.slice(start, end) || /^\d:a$/.test(word))) return undefined;
        letters ??= new RegExp(`[${before}]`);
        let from = start;
        while (start - from < most && from > 0 && letters.test(text.charAt(from - 1))) from--;
        if (start - from < least) return undefined;
        rest ??= new RegExp(after, "y");
        rest.lastIndex = end;
        const tail = rest.exec(text);
        if (tail === null || !looksIssued(text.slice(from, end) + tail[0])) return undefined;
        return { start: from, end: end + tail[0].length };
      },
    };
  });
}
