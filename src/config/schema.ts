/** The config file: what isn't policy. Strict: an unknown key is an error. */
import * as z from "zod";

const pathOrPaths = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

/** `--config FILE` (CONTRACT section 1). Relative paths start at the file's own directory. */
export const configSchema = z.strictObject({
  workspace: pathOrPaths.optional(),
  policy: pathOrPaths.optional(),
  profile: z.enum(["local", "team", "ci"]).optional(),
  state: z.string().min(1).optional(),
  log: z
    .strictObject({
      file: z.string().min(1).optional(),
      level: z.enum(["debug", "info", "warn", "error"]).optional(),
      anchor: z.string().min(1).optional(),
    })
    .optional(),
});

export type ConfigFile = z.infer<typeof configSchema>;
