import * as fc from "fast-check";
import { describe, test } from "vitest";
import { buildEngine } from "../../src/policy/build-engine.ts";
import { buildLayer } from "../../src/policy/build-layer.ts";
import { decide } from "../../src/policy/decide.ts";
import { compileEgress } from "../../src/policy/egress-list.ts";
import { judgePaths } from "../../src/policy/judge-paths.ts";
import { compileRule } from "../../src/policy/rule.ts";
import { PROPERTIES } from "./properties.ts";

const parts = { buildEngine, buildLayer, compileEgress, compileRule, decide, judgePaths };

describe("properties of decisions", () => {
  test.each(PROPERTIES)("$name", ({ check }) => {
    void fc.assert(check(parts), { numRuns: 3000 });
  });
});
