import * as z from "zod";
import * as section from "./schema-sections.ts";

/** The one source of a policy's shape: types, validation and the JSON Schema for editors come from here. See docs/policy.md. */

const text = z.string().min(1, { error: "is empty - write something or drop the key" });

/** One value or a list of them; an empty list would match nothing, so it is refused. */
function oneOrMany<T extends z.ZodType>(item: T) {
  return z.union([item, z.array(item).min(1, { error: "is an empty list, which matches nothing - drop the key or fill it" })]);
}

const effect = z.enum(["allow", "ask", "dry_run", "deny"]);
const risk = z.enum(["low", "medium", "high"]);
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const port = z.int({ error: "must be a port between 1 and 65535" }).min(1).max(65_535);

const who = z
  .strictObject({
    client: oneOrMany(text),
    key: oneOrMany(text),
    role: oneOrMany(text),
    scope: oneOrMany(text),
    user: oneOrMany(text),
    session: oneOrMany(text),
  })
  .partial();

export const ruleSchema = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { error: "must be 1 to 64 letters, digits, dots, dashes or underscores" }),
  effect,
  why: text.optional(),
  mode: z.enum(["enforce", "warn"]).optional(),
  who: who.optional(),
  tool: oneOrMany(text).optional(),
  server: oneOrMany(text).optional(),
  op: oneOrMany(z.enum(["read", "list", "write", "delete"])).optional(),
  path: oneOrMany(text).optional(),
  run: oneOrMany(text).optional(),
  use: oneOrMany(z.enum(["read-basic", "git-read"])).optional(),
  flags: oneOrMany(text).optional(),
  has: oneOrMany(text).optional(),
  net: z
    .strictObject({
      host: oneOrMany(text),
      method: oneOrMany(z.string().regex(/^[A-Z]+$/, { error: "must be an HTTP method in capitals, such as GET" })),
      port: oneOrMany(port),
      scheme: oneOrMany(z.enum(["http", "https"])),
    })
    .partial()
    .optional(),
  arg: z
    .record(
      z.string(),
      z.union([
        scalar,
        z.array(scalar).min(1, { error: "is an empty list, which matches nothing - drop the key or fill it" }),
        z.strictObject({ glob: oneOrMany(text), min: z.number(), max: z.number(), in: z.array(scalar).min(1) }).partial(),
      ]),
    )
    .optional(),
  except: oneOrMany(text).optional(),
  when: z
    .strictObject({
      client: oneOrMany(text),
      transport: oneOrMany(z.enum(["stdio", "http", "cli"])),
      interactive: z.boolean(),
      risk: oneOrMany(risk),
    })
    .partial()
    .optional(),
  channel: z.enum(["any", "out_of_band"]).optional(),
  sandbox: section.sandboxSpec.partial().optional(),
  limits: z.strictObject({ read: section.size, write: section.size, output: section.size, timeout: section.duration }).partial().optional(),
  sanitize: section.level.optional(),
});

const inlineTest = z.strictObject({
  run: text.optional(),
  path: text.optional(),
  op: z.enum(["read", "list", "write", "delete"]).optional(),
  net: text.optional(),
  method: text.optional(),
  tool: text.optional(),
  args: z.record(z.string(), z.unknown()).optional(),
  as: z
    .strictObject({ id: text, client: text, key: text, role: text, scope: oneOrMany(text), user: text, session: text })
    .partial()
    .optional(),
  expect: effect,
  rule: text.optional(),
});

/** What must hold at load; one kind an entry, checked by require.ts. */
const requirement = z.union([
  z.literal("signed", { error: "must be `signed` or one of { secret: NAME }, { pinned: upstreams }, { denied: PROGRAM }" }),
  z.strictObject({ secret: text, pinned: z.literal("upstreams"), denied: text }).partial(),
]);

export const policySchema = z.strictObject({
  version: z.literal(1, { error: "must be 1, the only version of the language" }),
  name: text.optional(),
  extends: z.array(text).optional(),
  sealed: z.boolean().optional(),
  mode: z.enum(["enforce", "warn"]).optional(),
  default: z.enum(["by-risk", "deny"]).optional(),
  approvals: section.approvals.optional(),
  risk: z.record(z.string(), risk).optional(),
  require: z.array(requirement).optional(),
  rules: z.array(ruleSchema).optional(),
  shell: section.shell.optional(),
  sandbox: section.sandbox.optional(),
  egress: section.egress.optional(),
  env: section.env.optional(),
  secrets: section.secrets.optional(),
  limits: section.limits.optional(),
  budgets: section.budgets.optional(),
  sanitize: z.union([section.level, z.record(z.string(), section.level)]).optional(),
  packages: section.packages.optional(),
  flow: section.flow.optional(),
  upstreams: section.upstreams.optional(),
  extensions: section.extensions.optional(),
  audit: section.audit.optional(),
  tests: z.array(inlineTest).optional(),
});

/** A policy file after validation: units are numbers, nothing else is changed. */
export type PolicyFile = z.output<typeof policySchema>;
export type RuleSource = z.output<typeof ruleSchema>;
export type InlineTest = z.output<typeof inlineTest>;
export type Requirement = z.output<typeof requirement>;

/** The JSON Schema of a policy file, for editors (`portcullis policy schema`). */
export function policyJsonSchema(): Record<string, unknown> {
  return { title: "Portcullis policy", ...z.toJSONSchema(policySchema, { io: "input" }) };
}
