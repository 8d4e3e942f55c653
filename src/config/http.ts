/** Where the server listens and whom it answers: flag, environment and `http` of the config file together. */
import { X509Certificate, createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import ipaddr from "ipaddr.js";
import { parseDuration } from "../types/units.ts";
import { ConfigError } from "./error.ts";
import type { ConfigFile } from "./schema.ts";

/** Everything the HTTP side needs to know, complete; times in milliseconds. */
export interface HttpConfig {
  readonly host: string;
  readonly port: number;
  /** Further names that a Host header may give, lower case. */
  readonly hosts: readonly string[];
  /** Origins whose pages may call, lower case. */
  readonly origins: readonly string[];
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Where certificate and key lie. */
  readonly files: readonly string[];
  /** Addresses and networks of proxies whose word on the client counts. */
  readonly trustProxy: readonly string[];
  readonly timeouts: {
    readonly header: number;
    readonly request: number;
    readonly idle: number;
    readonly session: number;
    readonly shutdown: number;
  };
  /** Everybody may call: only where nobody else can reach it. */
  readonly open: boolean;
}

type HttpFile = NonNullable<ConfigFile["http"]>;

const TIMEOUTS = { header: "10s", request: "30s", idle: "120s", session: "30m", shutdown: "10s" } as const;

/** Throws ConfigError. `listen` is `[HOST:]PORT`; `toFile` makes paths of the file absolute. */
export function readHttp(
  listen: string,
  file: HttpFile,
  options: { readonly open: boolean; readonly hosts?: string; readonly toFile: (path: string) => string },
): HttpConfig {
  const { host, port } = readListen(listen);
  if (options.open && !isLoopback(host))
    throw new ConfigError(
      `--no-auth is only for loopback, and ${host} can be reached by others: drop it and make a key with \`portcullis keys create\``,
    );
  const time = (name: keyof typeof TIMEOUTS) => parseDuration(file.timeouts?.[name] ?? TIMEOUTS[name]);
  return {
    host,
    port,
    hosts: (options.hosts?.split(",").map((name) => name.trim()) ?? file.hosts ?? []).filter(Boolean).map(checkHost),
    origins: (file.origins ?? []).map(checkOrigin),
    files: file.tls ? [options.toFile(file.tls.cert), options.toFile(file.tls.key)] : [],
    tls: file.tls && readTls(options.toFile(file.tls.cert), options.toFile(file.tls.key)),
    trustProxy: (file.trust_proxy ?? []).map(checkNetwork),
    timeouts: {
      header: time("header"),
      request: time("request"),
      idle: time("idle"),
      session: time("session"),
      shutdown: time("shutdown"),
    },
    open: options.open,
  };
}

/** Listens on every address of the machine? */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function readListen(listen: string): { readonly host: string; readonly port: number } {
  const [, bracketed, name, digits = ""] = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):)?(\d{1,5})$/.exec(listen) ?? [];
  const port = Number(digits);
  if (digits === "" || port > 65_535) throw new ConfigError(`\`${listen}\` is no place to listen: use PORT, HOST:PORT or [IPv6]:PORT`);
  return { host: bracketed ?? name ?? "127.0.0.1", port };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || (ipaddr.isValid(host) && ipaddr.process(host).range() === "loopback");
}

function checkHost(host: string): string {
  if (!/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.test(host))
    throw new ConfigError(`http.hosts: \`${host}\` is no host: use a name like mcp.example.org, with or without :PORT`);
  return host.toLowerCase();
}

function checkOrigin(origin: string): string {
  const said = origin.toLowerCase();
  if (!URL.canParse(said) || new URL(said).origin !== said)
    throw new ConfigError(`http.origins: \`${origin}\` is no origin: use scheme and host alone, like https://app.example.org`);
  return said;
}

function checkNetwork(entry: string): string {
  const [address = "", bits] = entry.split("/");
  const fits = ipaddr.isValid(address) && (bits === undefined || ipaddr.isValidCIDR(entry));
  if (!fits) throw new ConfigError(`http.trust_proxy: \`${entry}\` is no address or network: use 10.0.0.7 or 10.0.0.0/24`);
  return entry;
}

/** Both files, or the reason why nobody could connect: a server without a certificate starts and then ends every handshake. */
function readTls(certFile: string, keyFile: string): { readonly cert: string; readonly key: string } {
  const [cert, key] = [readPem(certFile), readPem(keyFile)];
  const certificate = parsePem(certFile, "certificate", () => new X509Certificate(cert));
  const privateKey = parsePem(keyFile, "private key without a passphrase", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey))
    throw new ConfigError(`http.tls: ${keyFile} is not the key of the certificate in ${certFile}: name the two that belong together`);
  return { cert, key };
}

function parsePem<T>(file: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new ConfigError(`http.tls: ${file} holds no ${what} in PEM: name the file that does`);
  }
}

function readPem(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError(
      `http.tls: ${file} can't be read (${(error as NodeJS.ErrnoException).code}): name a PEM file that this user can read`,
    );
  }
}
