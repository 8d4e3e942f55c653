/** The config file: what isn't policy. Strict: an unknown key is an error. */
import * as z from "zod";

const pathOrPaths = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

/** An issuer is asked over TLS, or on this very machine (`egress.allow` must list the place then). A name ends where a query would begin. */
const issuerUrl = z.string().refine(isIssuerUrl, {
  error: "must be an https URL without query, fragment and password (http only for 127.0.0.1, [::1] or localhost)",
});

function isIssuerUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || /[?#]/.test(text) || url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname));
}

/** A word that rules compare roles with. */
const ROLE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** `--config FILE` (CONTRACT section 1). Relative paths start at the file's own directory. */
export const configSchema = z.strictObject({
  workspace: pathOrPaths.optional(),
  policy: pathOrPaths.optional(),
  profile: z.enum(["local", "team", "ci"]).optional(),
  state: z.string().min(1).optional(),
  auth: z
    .strictObject({
      issuer: issuerUrl,
      audience: z.string().min(1),
      jwks: issuerUrl.optional(),
      roles: z
        .record(z.string().min(1), z.string().regex(ROLE, { error: "must be letters, digits, dot, dash and underscore, 64 at most" }))
        .optional(),
    })
    .optional(),
  log: z
    .strictObject({
      file: z.string().min(1).optional(),
      level: z.enum(["debug", "info", "warn", "error"]).optional(),
      anchor: z.string().min(1).optional(),
    })
    .optional(),
});

export type ConfigFile = z.infer<typeof configSchema>;
