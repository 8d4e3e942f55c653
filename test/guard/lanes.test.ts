import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Lanes } from "../../src/guard/lanes.ts";
import type { Prepared, Resource } from "../../src/types.ts";

const never = new AbortController().signal;
const writes = (...paths: string[]): Prepared => ({
  resources: paths.map((path): Resource => ({ kind: "path", op: "write", path })),
  states: {},
  run: () => ({ text: "", source: "ours" }),
});
const reads: Prepared = { ...writes(), resources: [{ kind: "path", op: "read", path: "/w/a" }] };

describe("calls that write to the same path", () => {
  test("run one behind the other, and the second looks again when its turn comes", async () => {
    const lanes = new Lanes();
    const first = await lanes.prepare(() => writes("/w/a"), never);
    let looks = 0;
    let entered = false;
    const second = lanes
      .prepare(() => {
        looks += 1;
        return writes("/w/a");
      }, never)
      .then((taken) => {
        entered = true;
        return taken;
      });
    await Promise.resolve();
    expect({ looks, entered }).toEqual({ looks: 1, entered: false });
    first.release?.();
    (await second).release?.();
    expect({ looks, entered }).toEqual({ looks: 2, entered: true });
  });

  test("look again also when the first ended before the second had finished looking", async () => {
    const lanes = new Lanes();
    const first = await lanes.prepare(() => writes("/w/a"), never);
    let looks = 0;
    const second = lanes.prepare(async () => {
      looks += 1;
      if (looks === 1) {
        first.release?.();
        await Promise.resolve();
      }
      return writes("/w/a");
    }, never);
    (await second).release?.();
    expect(looks).toBe(2);
  });

  test("leave other paths and reads alone", async () => {
    const lanes = new Lanes();
    await lanes.prepare(() => writes("/w/a"), never);
    expect(await lanes.prepare(() => reads, never)).toEqual({ prepared: reads });
    const other = await lanes.prepare(() => writes("/w/b"), never);
    expect(other.prepared.resources).toEqual(writes("/w/b").resources);
  });

  test("share no path in part: a move waits for both its ends", async () => {
    const lanes = new Lanes();
    const a = await lanes.prepare(() => writes("/w/a"), never);
    const b = await lanes.prepare(() => writes("/w/b"), never);
    let moved = false;
    const move = lanes
      .prepare(() => writes("/w/a", "/w/b"), never)
      .then((taken) => {
        moved = true;
        return taken;
      });
    a.release?.();
    await new Promise(setImmediate);
    expect(moved).toBe(false);
    b.release?.();
    await move;
    expect(moved).toBe(true);
  });

  test("are refused when the path leads elsewhere by then, and give their way back", async () => {
    const lanes = new Lanes();
    const first = await lanes.prepare(() => writes("/w/a"), never);
    let looks = 0;
    const second = lanes.prepare(() => writes((looks += 1) === 1 ? "/w/a" : "/w/elsewhere"), never);
    first.release?.();
    await expect(second).rejects.toMatchObject({ code: "STALE_APPROVAL" });
    (await lanes.prepare(() => writes("/w/a"), never)).release?.();
  });

  test("can be cancelled while they wait", async () => {
    const lanes = new Lanes();
    await lanes.prepare(() => writes("/w/a"), never);
    const controller = new AbortController();
    const second = lanes.prepare(() => writes("/w/a"), controller.signal);
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: "CANCELLED" });
  });

  test("never overlap on a path, and all come through (property)", async () => {
    const names = fc.uniqueArray(fc.constantFrom("/w/a", "/w/b", "/w/c"), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(names, fc.integer({ min: 0, max: 4 })), { maxLength: 20 }), async (calls) => {
        const lanes = new Lanes();
        const held = new Set<string>();
        let done = 0;
        await Promise.all(
          calls.map(async ([paths, length]) => {
            const { release } = await lanes.prepare(async () => {
              await Promise.resolve();
              return writes(...paths);
            }, never);
            for (const path of paths) {
              expect(held.has(path)).toBe(false);
              held.add(path);
            }
            for (let n = 0; n < length; n += 1) await Promise.resolve();
            for (const path of paths) held.delete(path);
            release?.();
            done += 1;
          }),
        );
        expect(done).toBe(calls.length);
      }),
    );
  });
});
