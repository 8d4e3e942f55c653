/** Scenes for the runbooks about the state directory: a broken log, a full disk, lost keys, a restore. */
import Sqlite from "better-sqlite3";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { approveOnce } from "../e2e/clients.ts";
import { openPage } from "./page.ts";
import type { Inside } from "./page.ts";
import { READ, SOON, WRITE } from "./scene.ts";
import type { Follow } from "./scene.ts";

const PREFACE = "# Restore from a backup";

export const SCENES_OF_STATE: Readonly<Record<string, Follow>> = {
  async "audit-broken"({ world, start, code }, name) {
    const client = await start();
    const page = openPage(name, world);
    await client.call("read_text_file", READ);
    const BACKUP = (await world.run(["audit", "backup"])).stdout.trim().split("/").at(-1) ?? "";
    await client.call("read_text_file", { path: ".env" });
    await client.close();
    const db = new Sqlite(join(world.state, "portcullis.db"));
    db.exec("UPDATE record SET body = replace(body, 'read_text_file', 'list_directory') WHERE seq = 3");
    db.close();
    await page.next("Do now");
    await page.next("Find out");
    expect(await page.next("Find out")).toContain("list_directory");
    await page.next("Find out", { BACKUP });
    await page.next("Find out");
    expect(readFileSync(join(world.root, "changed.txt"), "utf8")).toContain("list_directory");
    await page.next("Put right");
    expect(await code(await start(), "read_text_file", READ)).toBe("done");
    await page.next("Put right");
    await page.next("Afterwards");
    return page;
  },

  async "disk-full"({ world, start, code }, name) {
    // A disk of its own for the state: a small tmpfs in the server's mount namespace, which the page's commands are run in, too.
    const disk = [
      "unshare",
      "-rm",
      "sh",
      "-c",
      'mkdir -m 700 "$0" && mount -t tmpfs -o size=3m,mode=700 tmpfs "$0" && exec "$@"',
      world.state,
    ];
    const client = await start({ before: disk });
    const inside: Inside = (argv) => [
      "nsenter",
      "-t",
      String(client.pid()),
      "-U",
      "-m",
      "--preserve-credentials",
      `--wd=${world.root}`,
      ...argv,
    ];
    const page = openPage(name, world, inside);
    const within = (script: string): string => {
      const [command = "", ...args] = inside(["sh", "-c", script]);
      return execFileSync(command, args, { encoding: "utf8", cwd: world.root });
    };
    mkdirSync(join(world.root, "elsewhere"));
    expect(await code(client, "read_text_file", READ)).toBe("done");
    const fill = (): unknown =>
      within(
        `mkdir -p '${world.state}/backups' && ! cat /dev/zero >> '${world.state}/backups/portcullis-20261120T125900178Z.db.gz' 2>/dev/null`,
      );
    // What the store gives back when it meets the full disk is taken, too.
    const reasons = async () =>
      [fill(), (await client.call("write_file", WRITE)).refusal?.reason, (await client.call("read_text_file", READ)).refusal?.reason].slice(
        1,
      );
    fill();
    expect(await page.next("Do now")).toMatch(/^paused every session, .*\nportcullis: the pause holds, but it is not on record: /);
    await expect.poll(reasons, SOON).toEqual(["the disk that holds the audit is full", "the disk that holds the audit is full"]);
    expect(await page.next("Do now")).toContain("100%");
    expect(await page.next("Find out")).toContain("read_text_file");
    await page.next("Put right");
    await expect.poll(() => code(client, "read_text_file", READ), SOON).toBe("DENIED");
    await page.next("Put right");
    await expect.poll(() => code(client, "read_text_file", READ), SOON).toBe("done");
    await page.next("Put right");
    await page.next("Afterwards");
    await page.next("Afterwards");
    return page;
  },

  async "a-lost-key"({ world, start, code }, name) {
    const client = await start();
    const page = openPage(name, world);
    await client.call("write_file", WRITE);
    await client.close();
    rmSync(join(world.state, "audit.key"));
    expect(await world.run(["sessions", "pause", "--all"])).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^portcullis: the pause holds, but it is not on record: the audit key is missing: /),
    });
    await page.next("Find out");
    await page.next("Put right");
    await page.next("Put right");
    expect(await world.run(["sessions", "resume", "--all"])).toMatchObject({ code: 0 });
    const again = await start({ kind: "v2 SDK, 2026-07-28", person: approveOnce });
    writeFileSync(join(world.state, "seal.key"), "damaged");
    expect((await again.call("write_file", WRITE)).refusal).toMatchObject({
      code: "FAILED",
      remedy: expect.stringContaining(`keys rotate-seal --state ${world.state}`),
    });
    await page.next("Put right");
    expect(await code(again, "write_file", WRITE)).toBe("done");
    await again.close();
    writeFileSync(join(world.state, "digest.key"), "short");
    await page.next("Put right");
    expect(await code(await start(), "read_text_file", READ)).toBe("done");
    await page.next("Afterwards");
    return page;
  },

  async "restore-from-backup"({ world, start, approver, code }, name) {
    const client = await start();
    const page = openPage(name, world);
    const key = await approver("boss");
    const asked = (await client.call("write_file", WRITE)).refusal?.approval?.id ?? "";
    await world.run(["approvals", "approve", asked, "--key", key]);
    await page.next(PREFACE);
    // What ends after the backup: the answer is spent, the key is revoked.
    expect(await code(client, "write_file", WRITE)).toBe("done");
    await world.run(["keys", "revoke", "boss"]);
    await client.close();
    writeFileSync(join(world.root, "kept.txt"), (await world.run(["audit", "checkpoint"])).stdout);
    await page.next("Do now");
    const BACKUP = (await page.next("Find out")).trim();
    await page.next("Put right", { BACKUP });
    const db = new Sqlite(join(world.state, "portcullis.db"), { readonly: true });
    expect(db.prepare("SELECT status FROM approvals").pluck().all()).toEqual(["approved"]);
    db.close();
    await page.next("Put right");
    expect(await page.next("Put right", { NAME: "boss" })).toContain("revoked boss");
    const anew = await start();
    const again = (await anew.call("write_file", WRITE)).refusal;
    expect(again?.code).toBe("APPROVAL_REQUIRED");
    expect(await world.run(["approvals", "approve", again?.approval?.id ?? "", "--key", key])).toMatchObject({ code: 1 });
    await page.next("Afterwards");
    return page;
  },
};
