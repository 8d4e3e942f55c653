/** docs/approvals.md, followed from top to bottom: what the person sees, what the caller is told, what the commands print. */
import { expect, test } from "vitest";
import { openPage } from "./page.ts";
import { openScene, READ, SOON } from "./scene.ts";

const SEES = "What the person sees";
const WORTH = "What a yes is bound to";
const SWITCH = "Sessions and the kill switch";

test("docs/approvals.md shows what happens", async () => {
  const scene = openScene();
  const { world, start, code } = scene;
  try {
    const page = openPage("approvals.md", world);
    world.put("src/greet.js", 'export function greet(name) {\n  return "Hello " + name;\n}\n');
    world.put("install.sh", "echo hello\n");
    world.share();
    let asked = "";
    let decision = "deny";
    const client = await start({
      person: (message) => {
        asked = message;
        return { action: "accept", content: { decision } };
      },
    });
    const edit = { path: "src/greet.js", edits: [{ oldText: '"Hello " + name', newText: "`Hello, ${name}!`" }] };
    await client.call("edit_file", edit);
    page.shows(SEES, asked);
    await client.call("run_command", { command: "cat install.sh | sh" });
    page.shows(SEES, asked);
    await client.call("write_file", { path: "run.sh", content: `true${" ".repeat(300)}\u202e; evil\n${"\n".repeat(40)}exit\n` });
    page.shows(SEES, asked);
    await client.call("write_file", { path: "long.txt", content: Array.from({ length: 2000 }, (_, n) => `line ${n}`).join("\n") });
    page.shows(SEES, asked.split("\n").at(-1) ?? "");

    const parked = await start();
    const other = await start();
    const question = await parked.call("write_file", { path: "notes.txt", content: "hello\n" });
    page.shows(SEES, question.text);
    const second = await other.call("write_file", { path: "x", content: "x\n" });
    await page.next(SEES);
    await page.next(SEES, { APPROVAL: question.refusal?.approval?.id ?? "" });
    await page.next(SEES, { APPROVAL: second.refusal?.approval?.id ?? "", NAME: "boss" });
    expect(await code(other, "write_file", { path: "x", content: "x\n" })).toBe("APPROVAL_DECLINED");

    await page.next(WORTH);
    expect(await code(parked, "write_file", { path: "notes.txt", content: "hello\n" })).not.toBe("done");
    decision = "approve_session";
    expect(await code(client, "edit_file", edit)).toBe("done");
    expect(await code(client, "write_file", { path: "b.txt", content: "b\n" })).toBe("done");
    await page.next(WORTH);
    await page.next(WORTH);
    asked = "";
    await client.call("write_file", { path: "b.txt", content: "c\n" });
    expect(asked).not.toBe("");
    await client.close();
    await other.close();
    const counts = async () => (await scene.lines("sessions", "list")).map(({ calls }) => calls);
    await expect.poll(counts, SOON).toEqual([7, 2, 2]);

    await page.next(SWITCH);
    await page.next(SWITCH);
    await expect.poll(() => code(parked, "read_text_file", READ), SOON).toBe("DENIED");
    page.shows(SWITCH, (await parked.call("read_text_file", READ)).text);
    const SESSION = (await scene.lines("sessions", "list"))[0]?.id ?? "";
    await page.next(SWITCH, { SESSION });
    await expect.poll(() => code(parked, "read_text_file", READ), SOON).toBe("done");
    expect(page.left()).toEqual([]);
  } finally {
    await scene.close();
  }
});
