import { expect, test } from "vitest";
import { childTrace } from "../../src/compose/trace.ts";
import { readTraceparent } from "../../src/transport/trace.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

test.each<[string, string]>([
  ["sampled", `00-${TRACE}-${PARENT}-01`],
  ["not sampled", `00-${TRACE}-${PARENT}-00`],
  ["with flags that nobody has given a meaning yet", `00-${TRACE}-${PARENT}-ff`],
])("a traceparent, %s, is taken as it is", (_name, text) => {
  expect(readTraceparent(text)).toBe(text);
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["a number", 7],
  ["an object", { toString: () => `00-${TRACE}-${PARENT}-01` }],
  ["an empty text", ""],
  ["another version", `01-${TRACE}-${PARENT}-01`],
  ["the version that is forbidden", `ff-${TRACE}-${PARENT}-01`],
  ["upper case", `00-${TRACE.toUpperCase()}-${PARENT}-01`],
  ["a trace id of zeros", `00-${"0".repeat(32)}-${PARENT}-01`],
  ["a parent id of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
  ["a short trace id", `00-${TRACE.slice(1)}-${PARENT}-01`],
  ["a long parent id", `00-${TRACE}-${PARENT}0-01`],
  ["more behind it", `00-${TRACE}-${PARENT}-01-x`],
  ["a line end behind it", `00-${TRACE}-${PARENT}-01\n`],
  ["a space before it", ` 00-${TRACE}-${PARENT}-01`],
  ["digits of another script", `00-${TRACE.replace("4", "\u0664")}-${PARENT}-01`],
  ["no flags", `00-${TRACE}-${PARENT}`],
])("%s is ignored", (_name, value) => {
  expect(readTraceparent(value)).toBeUndefined();
});

test("a child has the same trace and flags, and its parent is the call", () => {
  expect(childTrace(`00-${TRACE}-${PARENT}-01`, "call_0123456789abcdeffedcba9876543210")).toBe(`00-${TRACE}-0123456789abcdef-01`);
});
