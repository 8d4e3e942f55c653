import { suggest, type Problem } from "./problems.ts";
import type { Rule } from "./rule.ts";
import type { RuleSource } from "./schema.ts";
import { OWN_TOOLS } from "./tool-shapes.ts";

/** Rules that load but don't do what they seem to: told as warnings, one a rule. */
export function lintRules(rules: readonly Rule[]): Problem[] {
  const enforced = rules.filter((rule) => !rule.warn);
  const denies = enforced.filter((rule) => rule.source.effect === "deny");
  return rules.flatMap((rule): Problem[] => {
    const { source } = rule;
    const cover = denies.find(
      (deny) =>
        deny !== rule &&
        covers(deny.source, source) &&
        !(source.effect === "deny" && covers(source, deny.source) && rules.indexOf(deny) > rules.indexOf(rule)),
    );
    if (cover !== undefined) {
      const what =
        source.effect === "deny"
          ? `is shadowed by the deny rule "${cover.source.id}"`
          : `can never have its way: "${cover.source.id}" denies all it matches`;
      return [{ ...at(rule), message: `rule "${source.id}" ${what} - drop or narrow one of them` }];
    }
    const misnamed = [source.tool ?? []].flat().find((tool) => /^\w+$/.test(tool) && !OWN_TOOLS.includes(tool));
    if (misnamed !== undefined) {
      const near = suggest(misnamed, OWN_TOOLS);
      if (near.includes("did you mean")) return [{ ...at(rule), message: `no tool of ours is called "${misnamed}"${near}` }];
    }
    if (source.why === undefined) return [{ ...at(rule), message: `rule "${source.id}" gives no reason - add why` }];
    return [];
  });
}

function at(rule: Rule): Pick<Problem, "file" | "line" | "col"> {
  return { file: rule.ref.file, line: rule.ref.line, col: 1 };
}

/** Does every call and resource that `inner` matches also match `outer`? Only what can be seen from the text; unsure means no. */
function covers(outer: RuleSource, inner: RuleSource): boolean {
  if (
    outer.except !== undefined ||
    outer.arg !== undefined ||
    outer.when !== undefined ||
    outer.who !== undefined ||
    outer.has !== undefined
  )
    return false;
  const lists = ["tool", "server", "op", "path", "run", "use"] as const;
  const conditions = lists.every(
    (key) => outer[key] === undefined || includesAll([outer[key]].flat(), inner[key] === undefined ? undefined : [inner[key]].flat()),
  );
  if (!conditions) return false;
  if (outer.net === undefined) return true;
  if (inner.net === undefined) return false;
  const { host, method, port, scheme } = outer.net;
  const innerNet = inner.net;
  return (
    includesAll(host === undefined ? undefined : [host].flat(), innerNet.host === undefined ? undefined : [innerNet.host].flat()) &&
    includesAll(method === undefined ? undefined : [method].flat(), innerNet.method === undefined ? undefined : [innerNet.method].flat()) &&
    includesAll(port === undefined ? undefined : [port].flat(), innerNet.port === undefined ? undefined : [innerNet.port].flat()) &&
    includesAll(scheme === undefined ? undefined : [scheme].flat(), innerNet.scheme === undefined ? undefined : [innerNet.scheme].flat())
  );
}

function includesAll<T>(outer: readonly T[] | undefined, inner: readonly T[] | undefined): boolean {
  if (outer === undefined) return true;
  if (outer.some((value) => value === "*" || value === "**")) return true;
  return inner !== undefined && inner.every((value) => outer.includes(value));
}
