import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Attack } from "./sandbox-proofs.ts";
import { openScene } from "./sandbox-scene.ts";
import type { Scene } from "./sandbox-scene.ts";

/** Each attack twice: unconfined, where it must succeed or it proves nothing, and confined. */
export function defineSuite(backend: "bwrap" | "landlock", attacks: readonly Attack[]): void {
  describe(`attacks on the backend ${backend}`, () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await openScene(backend);
    });
    afterAll(() => scene.close());

    test.each(attacks.map((attack) => [attack.name, attack] as const))("%s", async (_name, attack) => {
      await scene.reset();
      const control = await scene.naive(attack.script);
      // what was killed may take a moment to die, longer where other tests run beside this one
      const patience = performance.now() + 5_000;
      while (!attack.succeeded(control) && performance.now() < patience) await new Promise((resolve) => setImmediate(resolve));
      expect({ control: attack.succeeded(control), output: control.output }).toEqual({ control: true, output: control.output });
      await scene.reset();
      const confined = await scene.confined(attack.script, attack.guard ?? {});
      const expected = attack.escapes?.backend === backend;
      expect({ escaped: attack.succeeded(confined), output: confined.output }).toEqual({ escaped: expected, output: confined.output });
    });
  });

  test("every expected escape is named in the threat model", () => {
    const text = readFileSync(new URL("../../docs/threat-model.md", import.meta.url), "utf8");
    const named = new Set(attacks.flatMap((attack) => attack.escapes?.heading ?? []));
    expect([...named].filter((heading) => !text.includes(`**${heading}.**`))).toEqual([]);
  });

  test("there are enough attacks, and no two of the same name", () => {
    expect([attacks.length >= 80, new Set(attacks.map((attack) => attack.name)).size]).toEqual([true, attacks.length]);
  });
}
