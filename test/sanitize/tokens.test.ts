import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { findSecrets } from "../../src/sanitize/find.ts";
import { ASSIGNED, createRandom, fill, FORMATS, PLACES } from "./formats.ts";

/** Is anything left of the secret: whole, or its beginning or end? Fixed parts of a format, such as a host name, may stay. */
function leaks(text: string, secret: string): boolean {
  let left = text;
  for (const { start, end } of findSecrets(text).reverse()) left = left.slice(0, start) + left.slice(end);
  return left.includes(secret) || left.includes(secret.slice(-8)) || (!secret.startsWith("https:") && left.includes(secret.slice(0, 12)));
}

test.each(FORMATS)("tokens of the format of %s are found wherever they stand", (rule, ...formats) => {
  const random = createRandom(11);
  let found = 0;
  let named = 0;
  let all = 0;
  for (const format of formats) {
    for (let round = 0; round < 12; round++) {
      const token = fill(format, random);
      for (const place of PLACES) {
        all++;
        if (!leaks(place(token), token)) found++;
        if (findSecrets(place(token)).some((span) => span.rule === rule)) named++;
      }
    }
  }
  // One in a hundred random tokens spells a word or repeats itself.
  expect({ recall: found / all >= 0.95, named: named / all >= 0.95 }).toEqual({ recall: true, named: true });
});

test.each(ASSIGNED)("values are found in %s", (place, format) => {
  const random = createRandom(12);
  const values = Array.from({ length: 40 }, () => fill(format, random));
  const leaked = values.filter((value) =>
    leaks(
      place.replace("%", () => value),
      value,
    ),
  );
  expect(leaked.length).toBeLessThanOrEqual(1);
});

test("look-alikes are left alone, one by one and all together", () => {
  const random = createRandom(13);
  const lines = readFileSync(new URL("look-alikes.txt", import.meta.url), "utf8")
    .split("\n")
    .map((line) => fill(line, random));
  const wrong = [...lines, lines.join("\n")].flatMap((text) =>
    findSecrets(text).map(({ rule, start, end }) => `${rule}: ${text.slice(start, end)}`),
  );
  expect(wrong).toEqual([]);
});

const random = createRandom(14);
const TOKEN = fill("ghp_{A:36}", random);
const PASSWORD = fill("{A:20}", random);
const codes = (text: string, code: (unit: string) => string): string =>
  Array.from(text, (letter) => code(letter.charCodeAt(0).toString(16))).join("");
const base64 = (text: string): string => Buffer.from(text).toString("base64");

test.each([
  ["in base64", base64(TOKEN)],
  ["in base64 of a line", base64(`export TOKEN=${TOKEN}\n`)],
  ["in base64 of base64", base64(base64(`${TOKEN} ${TOKEN}`))],
  ["with one percent escape", TOKEN.replace("_", "%5F")],
  ["in percent escapes", codes(TOKEN, (hex) => `%${hex}`)],
  ["with one JSON escape", TOKEN.replace("_", "\\u005f")],
  ["in JSON escapes", codes(TOKEN, (hex) => `\\u00${hex}`)],
  ["in hexadecimal escapes", codes(TOKEN, (hex) => `\\x${hex}`)],
  ["with an HTML reference", TOKEN.replace("_", "&#95;")],
  ["in quoted-printable", `${TOKEN.slice(0, 20)}=\n${TOKEN.slice(20)}`],
  ["wrapped at a line end", `${TOKEN.slice(0, 20)}\n${TOKEN.slice(20)}`],
  ["continued with a backslash", `${TOKEN.slice(0, 20)}\\\n${TOKEN.slice(20)}`],
  ["joined from two literals", `"${TOKEN.slice(0, 20)}" + "${TOKEN.slice(20)}"`],
  ["in full-width letters", codes(TOKEN, (hex) => String.fromCharCode(Number.parseInt(hex, 16) + 0xfee0))],
  ["with a Cyrillic letter", TOKEN.replace("p", "р")],
  ["in JSON in JSON", JSON.stringify(JSON.stringify({ token: TOKEN }))],
  ["in bold", `**${TOKEN}**`],
  ["after other letters", `abc${TOKEN}`],
  ["before other letters", `${TOKEN}_abc`],
])("a token is found %s", (_place, text) => {
  expect(findSecrets(text).map(({ rule }) => rule)).toEqual(["github-token"]);
});

test.each([
  `CREATE USER x IDENTIFIED BY '${PASSWORD}';`,
  `ALTER USER x WITH PASSWORD '${PASSWORD}'`,
  `redis-cli -a ${PASSWORD}`,
  `mysql -u root -p${PASSWORD} db`,
  `sshpass -p '${PASSWORD}' ssh x`,
  `db.example.com:5432:app:me:${PASSWORD}`,
  `user:${PASSWORD}@tcp(db:3306)/app`,
  `define('DB_PASSWORD', '${PASSWORD}');`,
  `| password | ${PASSWORD} |`,
  `{"kty":"OKP","crv":"Ed25519","x":"AAAA","d":"${PASSWORD}${PASSWORD}"}`,
  `root:$6$abcdefgh$${PASSWORD}${PASSWORD}:19000:0:99999:7:::`,
  `admin:$apr1$abcdefgh$${PASSWORD}xy`,
  `mnemonic: "abandon ability able about above absent absorb abstract absurd abuse access accident"`,
  `keytool -storepass ${PASSWORD} -list`,
  `PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n${PASSWORD}${PASSWORD}\n`,
])("a password is found in %#", (text) => {
  expect(findSecrets(text)).toHaveLength(1);
});
