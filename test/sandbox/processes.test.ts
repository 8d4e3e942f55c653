import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Refusal } from "../../src/types.ts";
import type { ProcessState } from "../../src/sandbox/processes.ts";
import { openLab } from "./lab.ts";
import type { Lab } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab("bwrap");
});
afterAll(() => lab.remove());

/** Reads until the output matches, or the process has ended. */
async function readUntil(id: string, wanted: RegExp): Promise<string> {
  let text = "";
  for (let offset = 0; ;) {
    const seen = await lab.runner.processes.read("me", id, offset, 5000);
    text += seen.data.toString();
    offset = seen.end;
    if (wanted.test(text) || seen.exitCode !== null) return text;
  }
}

const codeOf = async (act: () => unknown): Promise<string> => {
  try {
    await act();
    return "none";
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error);
  }
};

describe("a long-running process", () => {
  test("is started, talked to, read by offset and stopped", async () => {
    const { processes } = lab.runner;
    const begun = processes.start("me", lab.request("echo ready; while read -r line; do echo got $line; done; echo bye"));
    expect(await readUntil(begun.id, /ready/)).toBe("ready\n");
    processes.write("me", begun.id, "one\n");
    expect(await readUntil(begun.id, /got one/)).toBe("ready\ngot one\n");
    const { data, start, end } = await processes.read("me", begun.id, 6, 0);
    expect({ data: data.toString(), start, end }).toEqual({ data: "got one\n", start: 6, end: 14 });
    const { startedAt, ...stopped } = await processes.stop("me", begun.id);
    expect(stopped).toEqual({
      id: begun.id,
      owner: "me",
      command: ["echo ready; while read -r line; do echo got $line; done; echo bye"],
      cwd: lab.workspace,
      backend: "bwrap",
      exitCode: 143,
      killed: "stopped",
      newSensitive: [],
      written: 14,
    } satisfies Omit<ProcessState, "startedAt">);
    expect(startedAt).toBeGreaterThan(0);
  });

  test("keeps the last output only, and says from where on", async () => {
    const { id } = lab.runner.processes.start("me", lab.request("seq -f %09.0f 200000; echo end"));
    await readUntil(id, /end\n$/);
    const seen = await lab.runner.processes.read("me", id, 0, 0);
    expect([seen.end, seen.start, seen.data.length, seen.data.toString().slice(-4)]).toEqual([
      2_000_004,
      2_000_004 - 2 ** 20,
      2 ** 20,
      "end\n",
    ]);
  });

  test("reports what it left that runs later once it has ended", async () => {
    const { id } = lab.runner.processes.start("me", lab.request("mkdir -p .vscode; echo x > .vscode/tasks.json"));
    const seen = await lab.runner.processes.read("me", id, 0, 5000);
    expect([seen.exitCode, seen.newSensitive]).toEqual([0, [`${lab.workspace}/.vscode/tasks.json`]]);
  });

  test("does not exist for others", async () => {
    const { processes } = lab.runner;
    const { id } = processes.start("me", lab.request("sleep 100"));
    expect([
      await codeOf(() => processes.read("you", id, 0, 0)),
      await codeOf(() => processes.write("you", id, "x")),
      await codeOf(() => processes.stop("you", id)),
      processes.list("you"),
      processes.list("me").some((one) => one.id === id),
    ]).toEqual(["NOT_FOUND", "NOT_FOUND", "NOT_FOUND", [], true]);
    await processes.stop("me", id);
  });

  test("takes no input after its end", async () => {
    const { id } = lab.runner.processes.start("me", lab.request("true"));
    await lab.runner.processes.read("me", id, 0, 5000);
    expect(await codeOf(() => lab.runner.processes.write("me", id, "x"))).toBe("NOT_FOUND");
  });

  test("that never reads can't fill the server's memory", async () => {
    const { id } = lab.runner.processes.start("me", lab.request("sleep 100"));
    const flood = async (): Promise<void> => {
      for (let i = 0; i < 40; i++) lab.runner.processes.write("me", id, Buffer.alloc(100_000));
    };
    expect(await codeOf(flood)).toBe("BUDGET_EXHAUSTED");
    await lab.runner.processes.stop("me", id);
  });

  test("is one of a bounded number", async () => {
    const { processes } = lab.runner;
    const started: string[] = [];
    const many = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) started.push(processes.start("crowd", lab.request("sleep 100")).id);
    };
    expect([await codeOf(many), started.length]).toEqual(["BUDGET_EXHAUSTED", 16]);
    await Promise.all(started.map((id) => processes.stop("crowd", id)));
  });

  test("ends with the server", async () => {
    const other = await openLab("bwrap");
    const { id } = other.runner.processes.start("me", other.request("echo up; sleep 100"));
    await other.runner.processes.read("me", id, 0, 5000);
    other.runner.close();
    let state = await other.runner.processes.read("me", id, 3, 5000);
    while (state.exitCode === null) state = await other.runner.processes.read("me", id, 3, 5000);
    expect(state.exitCode).toBe(137);
    other.remove();
  });
});
