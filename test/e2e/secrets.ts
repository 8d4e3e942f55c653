/** Secrets to plant: random tokens of vendors' formats, made up at every run so that none stands in the repository. */
import { generateKeyPairSync, randomBytes } from "node:crypto";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";

function pick(length: number, alphabet = LETTERS + DIGITS): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join("");
}

/** What is planted, by kind. `shown` is what stands in a text, `secret` the part that must never come out. */
export interface Planted {
  readonly kind: string;
  readonly shown: string;
  readonly secret: string;
  /** Does it fit into a file name? */
  readonly name: boolean;
}

function token(kind: string, text: string): Planted {
  return { kind, shown: text, secret: text, name: true };
}

/** Held by the policy (`secrets:`): no rule would know them. */
export const HELD = { VARIABLE: "quiet meadow lantern 77", FILE: "tulip-harbour-of-north" } as const;

/** Tokens of several vendors, a private key, a URL with a password and the secrets that the policy holds. */
export function makeSecrets(): readonly Planted[] {
  const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const password = pick(20);
  return [
    token("GitHub", `ghp_${pick(36)}`),
    token("GitLab", `glpat-${pick(20)}`),
    token("AWS", `AKIA${pick(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}`),
    token("Slack", `xoxb-${pick(12, DIGITS)}-${pick(12, DIGITS)}-${pick(24)}`),
    token("Stripe", `sk_live_${pick(24)}`),
    token("npm", `npm_${pick(36)}`),
    token("Google", `AIza${pick(35)}`),
    token("Anthropic", `sk-ant-api03-${pick(93)}AA`),
    { kind: "private key", shown: key, secret: key.split("\n")[1] ?? "", name: false },
    { kind: "URL with a password", shown: `postgres://app:${password}@db.example.org/main`, secret: password, name: false },
    token("held, from a variable", HELD.VARIABLE),
    token("held, from a file", HELD.FILE),
  ];
}

/** The kinds of the secrets that a text gives away, also where it is JSON or base64 of it. */
export function leaks(text: string, planted: readonly Planted[]): string[] {
  const bytes = (secret: string) => Buffer.from(secret).toString("base64").slice(0, -4);
  return planted.filter(({ secret }) => text.includes(secret) || text.includes(bytes(secret))).map(({ kind }) => kind);
}
