import * as z from "zod";
import { isAddress } from "./host-glob.ts";
import * as unit from "../types/units.ts";

/** The settings of a policy, section by section. Sections of later pieces (packages, flow, upstreams, extensions) are checked by shape only. */

const names = z.array(z.string().min(1, { error: "is empty - write something or drop it" }));

function withUnit<T>(pattern: RegExp, parse: (text: string) => T, example: string) {
  const error = `must carry its unit, such as ${example}`;
  return z.string({ error }).regex(pattern, { error }).transform(parse);
}

export const size = withUnit(unit.SIZE, unit.parseSize, "1MiB");
export const duration = withUnit(unit.DURATION, unit.parseDuration, "60s");
const rate = withUnit(unit.RATE, unit.parseRate, "30/min");
const sizeRate = withUnit(unit.SIZE_RATE, unit.parseSizeRate, "1GiB/day");
const percent = withUnit(unit.PERCENT, unit.parsePercent, "80%");
const count = z.int({ error: "must be a whole number of 1 or more" }).min(1, { error: "must be a whole number of 1 or more" });

export const level = z.enum(["off", "exact", "standard", "strict"]);

/** What a rule may say about a command's sandbox; types.ts `SandboxSpec`. */
export const sandboxSpec = z.strictObject({
  backend: z.enum(["auto", "bwrap", "landlock", "off"]),
  profile: z.enum(["read-only", "workspace-write"]),
  network: z.enum(["none", "allowlist"]),
  memory: size,
  processes: count,
  disk: size,
});

export const sandbox = z
  .strictObject({
    ...sandboxSpec.shape,
    on_missing: z.literal("deny", { error: "must be deny: a command without its sandbox never runs" }),
    user: z.string().min(1),
  })
  .partial();

export const approvals = z
  .strictObject({
    mode: z.enum(["auto-approve", "approve-writes", "approve-all", "dry-run"]),
    headless: z.enum(["park", "deny"]),
    timeout: duration,
    parked: duration,
    session_ttl: duration,
    remember: z.array(z.enum(["once", "session"])).min(1),
    channel: z.enum(["any", "out_of_band"]),
  })
  .partial();

export const shell = z
  .strictObject({
    scripts: z.enum(["ask", "deny"]),
    opaque: z.enum(["ask", "deny"]),
    wrappers: names,
    path: z.union([z.literal("auto", { error: "must be auto or a list of directories" }), names]),
  })
  .partial();

/** A name server is an address, because a name would have to be looked up first. */
const nameServer = z
  .string()
  .min(1)
  .refine((text) => isAddress(text.replace(/^\[(.*)\](:\d+)?$|^([^:]+):\d+$/, "$1$3")), {
    error: 'must be an address, with its port unless that is 53, such as "127.0.0.1:5353"',
  });

export const egress = z
  .strictObject({
    allow: names,
    others: z.enum(["ask", "deny"]),
    dns: z.union([z.literal("system", { error: 'must be system or a list such as ["127.0.0.1:5353"]' }), z.array(nameServer).min(1)]),
    redirects: z.int({ error: "must be a whole number between 0 and 20" }).min(0).max(20),
  })
  .partial();

export const env = z
  .strictObject({
    pass: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "must be the name of one environment variable" })),
    set: z.record(z.string(), z.string({ error: "must be a text; put numbers in quotes" })),
  })
  .partial();

export const secrets = z.record(
  z.string(),
  z.strictObject({
    from: z.string().regex(/^(env|file|command):.+$/s, { error: "must say where it comes from: env:NAME, file:PATH or command:LINE" }),
    to: z.array(z.string().regex(/^(tool|host):.+$/, { error: "must be tool:GLOB or host:NAME" })).optional(),
  }),
);

export const limits = z
  .strictObject({
    read: size,
    write: size,
    output: size,
    timeout: duration,
    concurrent: count,
    rate: z.record(z.string(), rate),
    extensions: z.strictObject({ deny: names }),
    workspace: size,
  })
  .partial();

export const budgets = z
  .strictObject({
    session: z.strictObject({ calls: count, egress: size, warn_at: z.array(percent) }).partial(),
    principal: z.strictObject({ calls: rate, egress: sizeRate, warn_at: z.array(percent) }).partial(),
  })
  .partial();

export const packages = z
  .strictObject({
    installs: z.enum(["ask", "deny", "lockfile-only"]),
    sources: names,
    pinned: z.literal("exact"),
    scripts: z.enum(["ask", "deny"]),
    hashes: z.literal("required"),
    block: names,
    typo: z.enum(["ask", "deny"]),
    exec: z.enum(["ask", "deny"]),
  })
  .partial();

export const flow = z
  .strictObject({
    sources: z.strictObject({ trusted: names, untrusted: names, private: names }).partial(),
    work: names,
  })
  .partial();

export const upstreams = z.record(
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]*$/, { error: "must be letters, digits and dashes" }),
  z.strictObject({
    command: z.union([z.string().min(1), names.min(1)]).optional(),
    url: z.string().min(1).optional(),
    env: z.union([names, z.record(z.string(), z.string())]).optional(),
    tools: z.union([names, z.record(z.string(), z.unknown())]).optional(),
    sandbox: sandboxSpec.partial().optional(),
    pin: z.string().min(1).optional(),
  }),
);

export const extensions = z
  .strictObject({
    keys: z.array(z.string().regex(/^ed25519:[A-Za-z0-9+/]{43}=$/, { error: "must be ed25519: and 32 bytes in base64" })),
    tools: z.record(z.string(), z.strictObject({ path: z.string().min(1) })),
  })
  .partial();

const durability = z.enum(["process", "power"]);

export const audit = z
  .strictObject({
    retain: duration,
    arguments: z.literal("digest"),
    durability: z.strictObject({ low: durability, medium: durability, high: durability }).partial(),
  })
  .partial();
