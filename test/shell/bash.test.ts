import { expect, test } from "vitest";
import { mutations } from "./mutate.ts";
import { runInBash } from "./real-bash.ts";
import { findDifferences, findSurprises, read } from "./witness.ts";

const SEED = 20_261_120;
const texts = mutations(5_000, SEED);

test("the witness sees what bash executes, expansions included", () => {
  expect(runInBash(["X='a b'; ls $X \"$X\" 'c\nd' é; git diff || echo {1,2}"], 1)).toEqual([
    [
      ["ls", "a", "b", "a b", "c\nd", "é"],
      ["git", "diff"],
      ["echo", "1", "2"],
    ],
  ]);
});

test("the mutations are of every kind: simple, script and refused", () => {
  const verdicts = texts.map((text) => read(text).verdict);
  for (const verdict of ["simple", "script", "refused"] as const)
    expect(verdicts.filter((one) => one === verdict).length).toBeGreaterThan(500);
});

test("bash executes no argv that a simple verdict did not show, when every program succeeds", () => {
  expect(findSurprises(texts, 0)).toEqual([]);
});

test("bash executes no argv that a simple verdict did not show, when every program fails", () => {
  expect(findSurprises(texts, 1)).toEqual([]);
});

test("the canonical script executes the same argvs as the text, 1,000 times", () => {
  const { compared, different } = findDifferences(mutations(3_000, SEED + 1), 1_000);
  expect(compared).toBe(1_000);
  expect(different).toEqual([]);
});
