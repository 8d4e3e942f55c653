/** How a tool is written down: a zod schema gives its types, its validation and its JSON Schema. */
import * as z from "zod";
import { Refusal } from "../types.ts";
import type { Eyes, Prepared, Risk, Tool } from "../types.ts";

/** A path argument: 4096 bytes at most, which is what the kernel takes (PATH_MAX). Its characters are judged by the file door. */
export const pathArgument = z.string().min(1).max(4096);

/** An argument that shows what would be done and does nothing. */
export const dryRunArgument = z.boolean().optional().describe("show what would be done, change nothing");

interface Definition<Shape extends z.ZodRawShape> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly risk: Risk;
  readonly openWorld?: boolean;
  /** Built on first use: start-up pays for no schema. */
  readonly input: () => Shape;
  prepare(args: z.infer<z.ZodObject<Shape>>, eyes: Eyes): Prepared | Promise<Prepared>;
}

/** Makes a `Tool` of a definition; unknown arguments are errors, as everywhere in Portcullis. */
export function defineTool<Shape extends z.ZodRawShape>(definition: Definition<Shape>): Tool {
  let compiled: z.ZodObject<Shape> | undefined;
  let json: Readonly<Record<string, unknown>> | undefined;
  const schema = () => (compiled ??= z.strictObject(definition.input()) as unknown as z.ZodObject<Shape>);
  return {
    name: definition.name,
    title: definition.title,
    description: definition.description,
    risk: definition.risk,
    openWorld: definition.openWorld ?? false,
    inputSchema: () => (json ??= toJsonSchema(schema())),
    prepare: (args, eyes) => definition.prepare(parseArguments(schema(), args, definition.name), eyes),
  };
}

function parseArguments<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>, args: unknown, tool: string): z.infer<z.ZodObject<Shape>> {
  const parsed = schema.safeParse(args);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 5).map((issue) => {
    const where = issue.path.length > 0 ? `\`${issue.path.join(".")}\`: ` : "";
    return `${where}${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1, 160)}`;
  });
  throw new Refusal("INVALID_INPUT", problems.join("; "), `look at the input schema of ${tool} in tools/list and call again`);
}

/** zod adds `$schema`, which older clients choke on, the largest safe integer as a bound, which helps nobody, and `{}` for anything, which the Inspector warns of. */
function toJsonSchema(schema: z.ZodType): Readonly<Record<string, unknown>> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      const { additionalProperties: more } = jsonSchema;
      if (typeof more === "object" && Object.keys(more).length === 0) jsonSchema.additionalProperties = true;
    },
  });
  return rest;
}
