/** What a server that somebody installed must show, however it came to their machine. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { approveOnce, connectTo } from "../e2e/clients.ts";
import type { ClientKind } from "../e2e/clients.ts";

/** Starts a server over stdio and uses all that is loaded from elsewhere than its own bundle: SQLite, ripgrep, diff, picomatch. */
export async function expectServes(
  place: string,
  start: (workspace: string) => { readonly command: string; readonly args: readonly string[] },
  kind: ClientKind = "v2 SDK, 2026-07-28",
): Promise<void> {
  const home = mkdtempSync(join(place, "home-"));
  const workspace = join(home, "project");
  mkdirSync(workspace);
  writeFileSync(join(workspace, "a.txt"), "one\ntwo\n");
  const { command, args } = start(workspace);
  const env = { PATH: process.env["PATH"] ?? "", HOME: home };
  const client = await connectTo(kind, { command, args: [...args], env, stderr: "ignore" }, approveOnce);
  try {
    expect((await client.tools()).map(({ name }) => name)).toContain("explain_policy");
    expect((await client.call("read_text_file", { path: "a.txt" })).text).toContain("two");
    expect((await client.call("search_content", { path: ".", pattern: "tw." })).text).toContain("a.txt");
    const tree = await client.call("directory_tree", { path: ".", excludePatterns: ["*.md"] });
    expect(tree).toMatchObject({ isError: false, text: expect.stringContaining("a.txt") as string });
    const edited = await client.call("edit_file", { path: "a.txt", edits: [{ oldText: "two", newText: "2" }] });
    expect(edited).toMatchObject({ isError: false, text: expect.stringContaining("-two\n+2") as string });
    expect(readFileSync(join(workspace, "a.txt"), "utf8")).toBe("one\n2\n");
  } finally {
    await client.close();
  }
}
