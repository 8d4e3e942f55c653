/** The text that Prometheus reads. Loaded when somebody asks for it: counting needs none of this. */
import { AggregatorRegistry, Registry, collectDefaultMetrics } from "prom-client";
import { BOUNDS, FAMILIES } from "./families.ts";
import type { FamilyName } from "./families.ts";
import type { Series, Tally } from "./tally.ts";

/** A number that is looked up when it is asked for. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly values: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/** The numbers of Node and the process itself, measured from the first time on. */
let ofProcess: Registry | undefined;

/** Everything as text, in version 0.0.4 of the exposition format. Counters begin with the process, as Prometheus expects them to. */
export async function exposeMetrics(tally: Tally, gauges: readonly Gauge[]): Promise<string> {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  const counted = (Object.keys(FAMILIES) as FamilyName[]).flatMap((name) =>
    FAMILIES[name].kind === "highest" ? [] : describe(name, tally.series(name)),
  );
  const looked = gauges.map((gauge) => ({ ...gauge, type: "gauge", aggregator: "first" }));
  return AggregatorRegistry.aggregate([counted, looked, await ofProcess.getMetricsAsJSON()]).metrics();
}

/** A family as prom-client hands it from process to process (`getMetricsAsJSON`). */
function describe(name: FamilyName, series: readonly Series[]): object {
  const { kind, help, labels: names } = FAMILIES[name];
  const values = series.flatMap(({ labels, value, histogram }): object[] => {
    const own = Object.fromEntries(names.map((label, place) => [label, labels[place] ?? ""]));
    if (histogram === undefined) return [{ labels: own, value }];
    let below = 0;
    const buckets = histogram.counts.map((count, place) => {
      below += count;
      return { labels: { ...own, le: String(BOUNDS[place] ?? "+Inf") }, value: below, metricName: `${name}_bucket` };
    });
    const whole = { sum: histogram.sum, count: value };
    return [...buckets, ...Object.entries(whole).map(([part, amount]) => ({ labels: own, value: amount, metricName: `${name}_${part}` }))];
  });
  return { name, help, type: kind, values, aggregator: "sum" };
}
