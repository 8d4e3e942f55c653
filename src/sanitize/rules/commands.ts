/** Passwords that command lines, SQL and password files have in a fixed place. */
import { isPlaceholder, isWordy } from "../likelihood.ts";
import type { Found, Rule } from "./format.ts";

/** The last group of the expression is the password; it starts at the keyword's end. */
function after(pattern: RegExp): Rule["find"] {
  return (text: string, _start: number, end: number): Found | undefined => {
    pattern.lastIndex = end;
    const match = pattern.exec(text);
    const password = match?.at(-1);
    if (match === null || password === undefined || isPlaceholder(password) || isWordy(password)) return undefined;
    return { start: end + match[0].length - password.length, end: end + match[0].length };
  };
}

/** `user:password@tcp(host)` of Go's MySQL driver: the password stands before the keyword. */
function findDsn(text: string, start: number): Found | undefined {
  const password = /[\w.-]{1,64}:([^\s:@/"']{4,128})$/.exec(text.slice(Math.max(0, start - 200), start))?.[1];
  return password === undefined || isPlaceholder(password) ? undefined : { start: start - password.length, end: start };
}

/** `user:$6$salt$hash` of shadow and htpasswd files (crypt(5)): a hash is a password for whoever has a fast machine. Alone it stays, as code and tests have many. */
function findHash(text: string, start: number): Found | undefined {
  const hash = /\$(?:1|5|6|y|7|apr1|2[aby])\$[\w./$=,+-]{16,160}/y;
  hash.lastIndex = start + 1;
  const found = hash.exec(text)?.[0];
  if (found === undefined || !/(?:^|\n)[\w.@-]{1,64}$/.test(text.slice(Math.max(0, start - 66), start))) return undefined;
  return { start: start + 1, end: start + 1 + found.length };
}

/** The words that a wallet is restored from (BIP 39). */
const WALLET_WORDS = /["']?\s{0,3}[:=]?\s{0,3}["']?((?:[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,8})(?![a-z])/y;

/** Rules of this kind. */
export const COMMANDS: readonly Rule[] = [
  { id: "command-password", rank: 1, keywords: [" -u ", " --user ", " --user="], find: after(/["']?[^\s:"'$]{1,128}:([^\s"'$]{4,256})/y) },
  {
    id: "command-password",
    rank: 1,
    keywords: ["sshpass -p", "redis-cli -a"],
    find: after(/\s?["']?([^\s"'$;]{6,256})/y),
  },
  { id: "command-password", rank: 1, keywords: ["identified by '", 'identified by "'], find: after(/([^\s'"\n]{6,256})(?=['"])/y) },
  {
    id: "command-password",
    rank: 1,
    keywords: ["mysql", "mysqldump", "mysqladmin"],
    find: after(/[^\n|;&]{0,200}? -p["']?([^\s"'$]{6,256})/y),
  },
  {
    id: "pgpass-password",
    rank: 1,
    keywords: [":5432:", ":5433:", ":3306:"],
    find: after(/[\w*-]{1,64}:[\w*-]{1,64}:([^\s:]{4,256})(?=\s|$)/y),
  },
  {
    id: "password-hash",
    rank: 1,
    keywords: [":$1$", ":$5$", ":$6$", ":$y$", ":$7$", ":$apr1$", ":$2a$", ":$2b$", ":$2y$"],
    find: findHash,
  },
  {
    id: "wallet-words",
    rank: 1,
    keywords: ["mnemonic", "seed phrase", "seed_phrase", "recovery phrase"],
    find(text, _start, end) {
      WALLET_WORDS.lastIndex = end;
      const match = WALLET_WORDS.exec(text);
      const words = match?.[1];
      return match === null || words === undefined
        ? undefined
        : { start: end + match[0].length - words.length, end: end + match[0].length };
    },
  },
  { id: "url-password", rank: 1, keywords: ["@tcp(", "@unix("], find: findDsn },
];
