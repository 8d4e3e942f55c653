import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { CryptoKey, JWTPayload } from "jose";
import { openDatabase } from "../../src/audit/database.ts";
import { openCallers } from "../../src/compose/identity.ts";
import { openShelf } from "../../src/compose/shelf.ts";
import type { Config } from "../../src/config/load.ts";
import { openKeys } from "../../src/session/keys.ts";
import type { HttpHop, Identity, Verdict } from "../../src/types.ts";
import { serve } from "../egress/world.ts";
import { load } from "../policy/support.ts";

export const NOW = Date.UTC(2026, 10, 1);
export const AUDIENCE = "https://mcp.example.com/mcp";

/** Who calls, over a real database and the real door to the network; time stands still until a test moves it. */
export interface Hall {
  readonly identity: Identity;
  /** The store of keys over a connection of its own, as another process would have it. */
  readonly keys: ReturnType<typeof openKeys>;
  /** What was sent to the issuer. */
  readonly hops: HttpHop[];
  readonly reported: string[];
  readonly time: { now: number; clock: number };
  authenticate(authorization: string | undefined, from?: string): Promise<Verdict>;
  close(): void;
}

export function openHall(auth?: NonNullable<Config["auth"]>, policy = "version: 1\nrules: []\n"): Hall {
  const directory = mkdtempSync(join(tmpdir(), "portcullis-identity-"));
  const shelf = openShelf(directory, () => undefined);
  const db = openDatabase(join(directory, "portcullis.db"));
  const hops: HttpHop[] = [];
  const reported: string[] = [];
  const time = { now: NOW, clock: 0 };
  const inForce = load(policy);
  const identity = openCallers({
    auth,
    shelf,
    policy: () => inForce,
    record: (hop) => hops.push(hop),
    report: (error) => reported.push(error instanceof Error ? error.message : String(error)),
    now: () => time.now,
    clock: () => time.clock,
  });
  return {
    identity,
    keys: openKeys(db, randomBytes),
    hops,
    reported,
    time,
    authenticate: (authorization, from = "192.0.2.1") => identity.authenticate(authorization, from),
    close: () => {
      shelf.close();
      db.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A key of an issuer, with what a token signed by it says by default. */
export interface SigningKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

export async function makeKey(kid: string, alg = "ES256"): Promise<SigningKey> {
  return { alg, kid, ...(await generateKeyPair(alg, { extractable: true })) };
}

/** A real issuer on loopback: metadata and keys, and everything that can be wrong with them. */
export interface Issuer {
  readonly url: string;
  readonly port: number;
  readonly requests: string[];
  /** What it answers by path; the rest is 404. */
  readonly documents: Map<string, Answer>;
  /** Publishes these keys at `/keys`. */
  publish(...keys: readonly SigningKey[]): Promise<void>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export async function openIssuer(path = ""): Promise<Issuer> {
  const requests: string[] = [];
  const documents = new Map<string, Answer>();
  const place = await serve((request: IncomingMessage, response) => {
    requests.push(request.url ?? "");
    const answer = documents.get(request.url ?? "") ?? { status: 404, body: "{}" };
    response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
    response.end(answer.body);
  });
  const url = `http://127.0.0.1:${place.port}${path}`;
  const metadata = JSON.stringify({ issuer: url, jwks_uri: `http://127.0.0.1:${place.port}/keys` });
  documents.set(`/.well-known/oauth-authorization-server${path}`, { body: metadata });
  return {
    url,
    port: place.port,
    requests,
    documents,
    publish: async (...keys) => {
      const published = await Promise.all(keys.map(async ({ publicKey, kid, alg }) => ({ ...(await exportJWK(publicKey)), kid, alg })));
      documents.set("/keys", { body: JSON.stringify({ keys: published }) });
    },
    close: () => place.close(),
  };
}

/** A token that everything is right about, but for what is given. A claim that is undefined is left out. */
export async function sign(
  key: Pick<SigningKey, "alg" | "kid"> & { readonly privateKey: CryptoKey | Uint8Array },
  issuer: string,
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const now = NOW / 1000;
  const all = { iss: issuer, aud: AUDIENCE, sub: "alice", iat: now, exp: now + 300, ...claims } as JWTPayload;
  return await new SignJWT(all).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey);
}
