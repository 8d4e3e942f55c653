/** The config file: what isn't policy. Strict: an unknown key is an error. */
import * as z from "zod";
import { DURATION, SIZE, parseDuration, parseSize } from "../types/units.ts";

const pathOrPaths = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

/** When a log file is put aside, and how many of them are kept. */
const rotate = z
  .strictObject({
    size: withUnit(SIZE, parseSize, "10MiB").refine((bytes) => bytes >= 1024, { error: "must be 1KiB or more" }),
    age: withUnit(DURATION, parseDuration, "7d").refine((ms) => ms >= 60_000, { error: "must be 1m or more" }),
    keep: z.int({ error: "must be a whole number from 1 to 1000" }).min(1).max(1000),
  })
  .partial();

function withUnit(pattern: RegExp, parse: (text: string) => number, example: string) {
  const error = `must carry its unit, such as ${example}`;
  return z.string({ error }).regex(pattern, { error }).transform(parse);
}

const TIMED = { error: "must carry its unit, such as 30s" };
const time = z.string(TIMED).regex(DURATION, TIMED);

/** An issuer is asked over TLS, or on this very machine (`egress.allow` must list the place then). */
const safeUrl = z
  .string()
  .refine(isSafeUrl, { error: "must be an https URL without fragment and password (http only for 127.0.0.1, [::1] or localhost)" });

function isSafeUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || text.includes("#") || url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname));
}

/** Where an issuer's keys are: a URL, or a file beside the config file. */
const keyPlace = z
  .string()
  .min(1)
  .refine((text) => !text.includes("://") || isSafeUrl(text), {
    error: "must be a file, or an https URL without fragment and password (http only for 127.0.0.1, [::1] or localhost)",
  });

/** A word that rules compare roles with. */
const role = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { error: "must be letters, digits, dot, dash and underscore, 64 at most" });

/** `--config FILE`. Relative paths start at the file's own directory. */
export const configSchema = z.strictObject({
  workspace: pathOrPaths.optional(),
  policy: pathOrPaths.optional(),
  profile: z.enum(["local", "team", "ci"]).optional(),
  state: z.string().min(1).optional(),
  auth: z
    .strictObject({
      // RFC 8414, 2: an issuer has no query.
      issuer: safeUrl.refine((text) => !text.includes("?"), { error: "must have no query" }),
      audience: z.string().min(1),
      jwks: keyPlace.optional(),
      roles: z.record(z.string().min(1), role).optional(),
    })
    .optional(),
  http: z
    .strictObject({
      listen: z.union([z.string().min(1), z.number()]).optional(),
      hosts: z.array(z.string().min(1)).optional(),
      origins: z.array(z.string().min(1)).optional(),
      tls: z.strictObject({ cert: z.string().min(1), key: z.string().min(1) }).optional(),
      trust_proxy: z.array(z.string().min(1)).optional(),
      timeouts: z
        .strictObject({
          header: time.optional(),
          request: time.optional(),
          idle: time.optional(),
          session: time.optional(),
          shutdown: time.optional(),
        })
        .optional(),
    })
    .optional(),
  log: z
    .strictObject({
      file: z.string().min(1).optional(),
      level: z.enum(["debug", "info", "warn", "error"]).optional(),
      anchor: z.string().min(1).optional(),
      rotate: rotate.optional(),
    })
    .optional(),
});

export type ConfigFile = z.infer<typeof configSchema>;
