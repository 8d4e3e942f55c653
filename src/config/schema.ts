/** The config file: what isn't policy. Strict: an unknown key is an error. */
import * as z from "zod";
import { TIME } from "./units.ts";

const pathOrPaths = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

const time = z.string().regex(TIME, "needs a time with its unit, like 30s or 5m");

/** `--config FILE` (CONTRACT section 1). Relative paths start at the file's own directory. */
export const configSchema = z.strictObject({
  workspace: pathOrPaths.optional(),
  policy: pathOrPaths.optional(),
  profile: z.enum(["local", "team", "ci"]).optional(),
  state: z.string().min(1).optional(),
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
    })
    .optional(),
});

export type ConfigFile = z.infer<typeof configSchema>;
