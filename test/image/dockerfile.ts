/** Reads a Dockerfile as far as ours goes; anything else is an error, so that no line of it can be passed over by the tests. */

/** One instruction that makes something, in order. */
export type Step =
  | { readonly kind: "run"; readonly command: string }
  | { readonly kind: "copy"; readonly from: string | undefined; readonly sources: readonly string[]; readonly destination: string }
  | { readonly kind: "workdir"; readonly path: string };

/** One FROM and what follows it. */
export interface Stage {
  readonly image: string;
  readonly name: string | undefined;
  readonly steps: readonly Step[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  readonly workdir: string;
  readonly health: string | undefined;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

type Draft = { -readonly [Key in keyof Stage]: Stage[Key] } & { steps: Step[] };

/** Every stage in order. Throws on an instruction, a flag or a form that the tests couldn't play. */
export function readDockerfile(text: string): Stage[] {
  const stages: Draft[] = [];
  for (const line of instructions(text)) {
    const [, word = "", rest = ""] = /^(\w+)\s+(.*)$/s.exec(line) ?? [];
    if (word === "FROM") stages.push(openStage(rest));
    else apply(stages.at(-1) ?? fail("an instruction before FROM", line), word, rest, line);
  }
  return stages;
}

/** Lines without comments, continued ones joined. */
function instructions(text: string): string[] {
  const lines = text.split("\n").filter((line) => !/^\s*#/.test(line));
  return lines
    .join("\n")
    .replaceAll(/\s*\\\n\s*/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "");
}

function openStage(rest: string): Draft {
  const [, image = "", name] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? fail("a FROM with options", rest);
  const empty = { steps: [], env: {}, labels: {}, user: undefined, workdir: "/", health: undefined, entrypoint: [], command: [] };
  return { image, name, ...empty };
}

function apply(stage: Draft, word: string, rest: string, line: string): void {
  if (word === "RUN" && !/^(--|\[|<<)/.test(rest)) stage.steps.push({ kind: "run", command: rest });
  else if (word === "COPY") stage.steps.push(readCopy(rest));
  else if (word === "WORKDIR") {
    stage.workdir = rest;
    stage.steps.push({ kind: "workdir", path: rest });
  } else if (word === "ENV") stage.env = { ...stage.env, ...pairs(rest) };
  else if (word === "LABEL") stage.labels = { ...stage.labels, ...pairs(rest) };
  else if (word === "USER") stage.user = rest;
  else if (word === "HEALTHCHECK")
    stage.health = /^(?:--\w[\w-]*=\S+ )*CMD (.*)$/.exec(rest)?.[1] ?? fail("a health check without CMD", line);
  else if (word === "ENTRYPOINT") stage.entrypoint = JSON.parse(rest) as string[];
  else if (word === "CMD") stage.command = JSON.parse(rest) as string[];
  else fail("an instruction that the tests can't play", line);
}

function readCopy(rest: string): Step {
  const words = rest.split(/\s+/);
  const from = words[0]?.startsWith("--from=") ? words.shift()?.slice("--from=".length) : undefined;
  const destination = words.pop();
  if (destination === undefined || words.length === 0 || rest.includes("[") || words.some((word) => word.startsWith("-")))
    return fail("a COPY that the tests can't play", rest);
  return { kind: "copy", from, sources: words, destination };
}

/** `a=b c="d e"` */
function pairs(rest: string): Record<string, string> {
  const found = [...rest.matchAll(/([\w.-]+)=(?:"([^"]*)"|(\S+))\s*/g)];
  if (found.map(([all]) => all).join("") !== rest) return fail("pairs in another form than name=value", rest);
  return Object.fromEntries(found.map(([, name = "", quoted, plain]) => [name, quoted ?? plain ?? ""]));
}

function fail(what: string, line: string): never {
  throw new Error(`Dockerfile: ${what}: ${line}`);
}
