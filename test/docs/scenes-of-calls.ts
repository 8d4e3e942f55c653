/** Scenes for the runbooks about what agents do: too much, the suspicious, with secrets, with upstreams, under a new policy. */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Connected } from "../e2e/clients.ts";
import { openPage } from "./page.ts";
import { READ, SOON, WRITE } from "./scene.ts";
import type { Follow } from "./scene.ts";

const childrenOf = (client: Connected): string[] =>
  readFileSync(`/proc/${client.pid()}/task/${client.pid()}/children`, "utf8").split(" ").filter(Boolean);

export const SCENES_OF_CALLS: Readonly<Record<string, Follow>> = {
  async README({ world, start, code }, name) {
    const client = await start();
    const page = openPage(name, world);
    await client.call("read_text_file", READ);
    expect(await page.next("Before you begin")).toContain("portcullis.db");
    expect(await page.next("If you have one minute")).toContain('"read_text_file "a.txt""');
    await expect.poll(() => code(client, "read_text_file", READ), SOON).toBe("DENIED");
    await page.next("If you have one minute");
    await expect.poll(() => code(client, "read_text_file", READ), SOON).toBe("done");
    return page;
  },

  async "runaway-agent"({ world, start, writePolicy, code, lines, sessionOf }, name) {
    writePolicy("sandbox: { backend: off }\nrules: [{ id: wait, effect: allow, run: [sleep ...], why: test }]\n");
    const client = await start({ person: () => ({ action: "accept", content: { decision: "approve_session" } }) });
    const page = openPage(name, world);
    world.share();
    expect(await code(client, "process_start", { command: "sleep 1000" })).toBe("done");
    for (let n = 0; n < 5; n += 1) expect(await code(client, "write_file", { ...WRITE, content: `${n}` })).toBe("done");
    const SESSION = await sessionOf(6);
    await page.next("Do now");
    await expect.poll(() => code(client, "write_file", WRITE), SOON).toBe("DENIED");
    await expect.poll(() => childrenOf(client), SOON).toEqual([]);
    await page.next("Find out");
    expect(await page.next("Find out", { SESSION })).toContain('"write_file "a.txt""');
    expect(await code(client, "write_file", WRITE)).toBe("DENIED");
    await page.next("Put right", { SESSION });
    expect(await lines("approvals", "grants")).toEqual([]);
    expect(await page.next("Put right")).toBe("policy.yaml: ok\n");
    await page.next("Afterwards");
    const anew = await start({ person: () => ({ action: "accept", content: { decision: "approve_once" } }) });
    const codes = [];
    for (let n = 0; n < 4; n += 1) codes.push(await code(anew, "write_file", { ...WRITE, content: `${n}` }));
    expect(codes).toEqual(["done", "done", "done", "RATE_LIMITED"]);
    return page;
  },

  async "a-suspicious-call"({ world, start, code, sessionOf }, name) {
    world.put("data/customers.csv", "name\nAda\n");
    const client = await start();
    const page = openPage(name, world);
    await client.call("read_text_file", READ);
    const CALL = (await client.call("read_text_file", { path: "data/customers.csv" })).call.callId;
    await client.call("list_directory", { path: "." });
    const SESSION = await sessionOf(3);
    expect(await page.next("Do now", { CALL })).toContain(SESSION);
    await page.next("Do now", { SESSION });
    expect(await page.next("Find out", { SESSION })).toContain("data/customers.csv");
    await page.next("Find out", { CALL });
    expect(readFileSync(join(world.root, "call.jsonl"), "utf8")).toContain('"path":"');
    await page.next("Find out");
    await page.next("Put right");
    await page.next("Put right");
    await expect.poll(() => code(client, "read_text_file", READ), SOON).toBe("DENIED");
    expect(await code(await start(), "read_text_file", READ)).toBe("done");
    await page.next("Afterwards", { SESSION });
    await expect.poll(() => code(client, "read_text_file", { path: "data/customers.csv" }), SOON).toBe("DENIED");
    await expect.poll(() => code(client, "read_text_file", READ), SOON).toBe("done");
    expect(await world.run(["audit", "verify", "--checkpoint", join(world.root, "kept.txt")])).toMatchObject({ code: 0 });
    return page;
  },

  async "a-leaked-secret"({ world, start, approver, code }, name) {
    const secret = "house-token-of-no-known-form-7"; // the sanitizer's rules don't know it
    writeFileSync(join(world.root, "leaked.txt"), `${secret}\n`);
    writeFileSync(join(world.root, "crm-token"), `${secret}\n`);
    world.put("config/crm.ini", `key = ${secret}\n`);
    world.put("notes.md", `see ${secret}\n`);
    const client = await start();
    const page = openPage(name, world);
    await approver("crm-client");
    expect((await client.call("read_text_file", { path: "config/crm.ini" })).text).toContain(secret);
    const CALL = (await client.call("fetch", { url: `http://127.0.0.1:9/?t=${secret}` })).call.callId;
    await page.next("Do now");
    await page.next("Do now", { NAME: "crm-client" });
    expect(await world.run(["approvals", "deny", "x", "--key", "pc_x"])).toMatchObject({ code: 1 });
    expect(await page.next("Find out")).toContain("config/crm.ini");
    expect(await page.next("Find out")).toContain(CALL);
    await page.next("Put right", { CALL });
    expect((await world.run(["audit", "export"])).stdout).not.toContain(secret);
    await world.run(["audit", "backup"]);
    await page.next("Put right");
    expect(readdirSync(join(world.state, "backups"))).toHaveLength(1);
    await page.next("Put right");
    await page.next("Afterwards");
    await expect.poll(async () => (await client.call("read_text_file", { path: "notes.md" })).text, SOON).toContain("[REDACTED:");
    expect(await code(client, "read_text_file", { path: "config/crm.ini" })).toBe("DENIED");
    return page;
  },

  async "upstream-compromised"({ world, start, code }, name) {
    const client = await start();
    const page = openPage(name, world);
    await client.call("write_file", WRITE);
    await client.call("fetch", { url: "http://127.0.0.1:9/" });
    await client.call("read_text_file", READ);
    await page.next("Do now");
    await expect.poll(() => code(client, "read_text_file", READ), SOON).toBe("DENIED");
    const found = (await page.next("Find out"))
      .split("\n")
      .map((line) => /(intent|outcome)  call_\w+  \w+/.exec(line)?.[0].replace(/call_\w+  /, ""));
    expect(found).toEqual(["intent  write_file", "outcome  write_file", "intent  fetch", "outcome  fetch", undefined]);
    expect(await page.next("Find out")).toBe("");
    await page.next("Put right");
    await page.next("Afterwards");
    await expect.poll(() => code(client, "read_text_file", READ), SOON).toBe("done");
    return page;
  },

  async "policy-broke-work"({ world, start, writePolicy, code, lines }, name) {
    world.put("docs/guide.md", "guide\n");
    const guide = { path: "docs/guide.md" };
    const client = await start();
    const page = openPage(name, world);
    expect(await code(client, "read_text_file", guide)).toBe("done");
    writeFileSync(join(world.root, "policy.before.yaml"), readFileSync(join(world.root, "policy.yaml")), { mode: 0o600 });
    const loads = async () =>
      (await lines("audit", "query", "--limit", "1000")).flatMap(({ kind, event }) => (kind === "policy" ? [event] : []));
    const change = (effect: string) =>
      writePolicy(`rules:\n  - { id: docs, effect: ${effect}, path: ["docs/**"], why: comes from upstream }\n`);
    change("deny");
    await expect.poll(loads, SOON).toEqual(["replaced"]);
    expect(await code(client, "read_text_file", guide)).toBe("DENIED");
    change("denny");
    await expect.poll(loads, SOON).toEqual(["replaced", "rejected"]);
    await page.next("Do now");
    await page.next("Do now");
    await expect.poll(loads, SOON).toEqual(["replaced", "rejected", "replaced"]);
    expect(await code(client, "read_text_file", guide)).toBe("done");
    expect(await page.next("Find out")).toContain("docs/guide.md");
    await page.next("Find out");
    await page.next("Find out");
    await page.next("Find out");
    await page.next("Put right");
    await page.next("Put right");
    await page.next("Put right");
    await expect.poll(loads, SOON).toEqual(["replaced", "rejected", "replaced", "replaced"]);
    expect(await code(client, "read_text_file", guide)).toBe("done");
    expect(await code(client, "write_file", { ...guide, content: "x" })).toBe("DENIED");
    return page;
  },
};
