/**
 * What it costs to know who calls: `node bench/identity.ts`. Medians of rounds, in microseconds a call; a key is found with 1 and with 100 stored, a token is
 * verified. The time for reading the table anew is paid once in half a second.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { openShelf } from "../src/compose/shelf.ts";
import { openIdentity } from "../src/identity/identity.ts";
import { median, printFigure } from "./report.ts";

const ROUNDS = 25;
const CALLS = 2_000;
const AUDIENCE = "https://mcp.example.com/mcp";
const ISSUER = "https://idp.example.com";

const directory = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
const shelf = openShelf(directory, () => undefined);
let clock = 0;
const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "k", alg: "ES256" }] };
const identity = openIdentity({
  readKeys: () => shelf.use(({ keys }) => keys.read()),
  issuer: { issuer: ISSUER, audience: AUDIENCE, jwks: `${ISSUER}/keys`, roles: {} },
  fetch: async () => jwks,
  scopes: () => [],
  report: (error) => console.error(error),
  now: Date.now,
  clock: () => clock,
});

/** Microseconds of one call. */
async function measure(work: () => Promise<unknown>, calls = CALLS): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const from = performance.now();
    for (let n = 0; n < calls; n += 1) await work();
    rounds.push(((performance.now() - from) * 1000) / calls);
  }
  return median(rounds);
}

function makeKeys(from: number, to: number): string {
  let last = "";
  for (let n = from; n < to; n += 1) last = shelf.use(({ keys }) => keys.create({ name: `k${n}`, scopes: [] }, Date.now())) ?? "";
  clock += 500;
  return last;
}

const one = makeKeys(0, 1);
const come = (token: string) => identity.authenticate(`Bearer ${token}`, "192.0.2.1");
printFigure("a key, 1 stored", await measure(() => come(one)), "us");
const hundred = makeKeys(1, 100);
printFigure("a key, 100 stored", await measure(() => come(hundred)), "us");
const wrong = `pc_${"A".repeat(43)}`;
let address = 0;
printFigure(
  "a wrong key, 100 stored",
  await measure(() => identity.authenticate(`Bearer ${wrong}`, `10.0.${(address += 1) >> 8}.${address & 255}`), 200),
  "us",
);
const readAnew = async () => {
  clock += 500;
  return await come(hundred);
};
printFigure("a key, 100 stored, table read anew", await measure(readAnew, 200), "us");
const now = Math.floor(Date.now() / 1000);
const token = await new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: "alice", iat: now, exp: now + 3600, scope: "a b" })
  .setProtectedHeader({ alg: "ES256", kid: "k" })
  .sign(privateKey);
clock = 0;
if ((await come(token)).kind !== "known") throw new Error("the token was not taken");
printFigure("a token (ES256)", await measure(() => come(token), 200), "us");
shelf.close();
rmSync(directory, { recursive: true });
