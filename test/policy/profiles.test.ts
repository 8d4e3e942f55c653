import { describe, expect, test } from "vitest";
import { runInlineTests } from "../../src/policy/check.ts";
import { loadPolicy } from "../../src/policy/load.ts";
import { command, equivalents, eyes, path, query, SOURCES } from "./support.ts";

describe("built-in profiles", () => {
  test.each(["local", "team", "ci"] as const)("%s passes its own tests", (profile) => {
    expect(runInlineTests(`profile:${profile}`, { equivalents, eyes }).problems).toEqual([]);
  });

  test("carry at least 60 tests between them", () => {
    const counts = ["local", "team", "ci"].map((profile) => runInlineTests(`profile:${profile}`, { equivalents, eyes }).count);
    expect(counts.reduce((a, b) => a + b)).toBeGreaterThanOrEqual(60);
  });

  test("hide what they deny outright, and only that", () => {
    const person = { id: "p", scopes: [] };
    const tools = [
      "read_text_file",
      "write_file",
      "delete_path",
      "run_command",
      "process_write",
      "fetch",
      "github/list_issues",
      "github/delete_repo",
      "explain_policy",
    ] as const;
    const hidden = (profile: "local" | "team" | "ci"): string[] => {
      const policy = loadPolicy({ ...SOURCES, profile });
      return tools.filter((tool) => policy.hidden(tool, policy.riskOf(tool), person));
    };
    expect({ local: hidden("local"), team: hidden("team"), ci: hidden("ci") }).toEqual({
      local: [],
      team: ["fetch", "github/list_issues", "github/delete_repo"],
      ci: ["delete_path", "process_write", "fetch", "github/list_issues", "github/delete_repo"],
    });
  });

  test("ci can't be widened by a project that is trusted", () => {
    const policy = loadPolicy({ ...SOURCES, profile: "ci" });
    expect(policy.decide(query([path("write", "src/a.ts")])).effect).toBe("deny");
    expect(policy.decide(query([command(["make"])])).effect).toBe("deny");
  });
});
