/** What doctor says of clients: entries as they are found on machines, started for real. */
import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkClients } from "../../../src/cli/checks/clients.ts";
import { connectClient, fileOf } from "../../../src/clients/connect.ts";
import type { Place } from "../../../src/clients/place.ts";
import { clientOf } from "../../clients/world.ts";
import { ENTRY, createWorld } from "../../e2e/world.ts";
import type { World } from "../../e2e/world.ts";

const SELF = ["/usr/bin/node", "/opt/portcullis/cli.js"];

let world: World;
let place: Place;
beforeEach(() => {
  world = createWorld();
  place = { platform: "linux", env: world.env, home: join(world.root, "home"), there: existsSync };
});
afterEach(() => world.remove());

/** Writes an entry as `connect` does; gives the client's file. */
async function connect(id: string, words: readonly string[], name = "portcullis"): Promise<string> {
  return (await connectClient(clientOf(id), fileOf(clientOf(id), place), name, words)).path;
}

const check = (patience?: number) => checkClients(place, SELF, patience);

describe("doctor on clients", () => {
  test("is content where there are none, and says how to connect one", async () => {
    expect(await check()).toEqual({
      status: "ok",
      message: "no client starts this server yet (/usr/bin/node /opt/portcullis/cli.js connect CLIENT shows how)",
      remedy: "",
    });
  });

  test("passes over other servers and other files", async () => {
    await connect("cursor", ["/usr/bin/npx", "other-server"], "other");
    expect((await check()).status).toBe("ok");
  });

  test("tells of each entry that it answers, also of one in a container", async () => {
    const serve = ["serve", "--workspace", world.workspace, "--state", world.state];
    const codex = await connect("codex", [process.execPath, ENTRY, ...serve]);
    // an engine that starts what the image would, and refuses a name that is in use
    const docker = world.put("bin/docker", `#!/bin/sh\n[ "$2" != --name ] && shift 2 && exec ${process.execPath} ${ENTRY} "$@"\n`);
    chmodSync(docker, 0o755);
    const goose = await connect("goose", [docker, "run", "--name", "portcullis", "portcullis:0.1.0", ...serve]);
    expect(await check(30_000)).toEqual({
      status: "ok",
      message: expect.stringMatching(
        new RegExp(
          `^Codex: \`portcullis\` in ${codex}: portcullis \\S+ answers; Goose: \`portcullis\` in ${goose}: portcullis \\S+ answers$`,
        ),
      ),
      remedy: "",
    });
  });

  test.each<[name: string, words: () => string[], message: RegExp, remedy: string]>([
    [
      "a Node that isn't there any more",
      () => ["/gone/node", ENTRY, "serve", "--workspace", world.workspace],
      /\/gone\/node isn't there$/,
      "connect cursor --workspace WORK --write",
    ],
    [
      "an entry that isn't there any more",
      () => [process.execPath, "/gone/dist/cli.js", "serve", "--workspace", world.workspace, "--profile", "ci"],
      /Cannot find module '\/gone\/dist\/cli\.js'$/,
      "connect cursor --workspace WORK --profile ci --write",
    ],
    [
      "a workspace that isn't there any more",
      () => [process.execPath, ENTRY, "serve", "--workspace", "/gone"],
      /the workspace \/gone is not a directory/,
      "connect cursor --workspace DIR --write",
    ],
    [
      "a program that answers something else",
      () => ["/bin/echo", "portcullis", "serve"],
      /answers something that is not MCP$/,
      "connect cursor --write",
    ],
    [
      "a program that says nothing",
      () => ["/usr/bin/tail", "-qf", "/dev/null", "portcullis", "serve"],
      /no answer within 0\.5 s$/,
      "connect cursor --write",
    ],
    [
      "a container without an engine",
      () => ["/gone/docker", "run", "portcullis:0.1.0", "serve"],
      /isn't there$/,
      "connect cursor --docker --write",
    ],
  ])("names %s, with the command that mends it", async (name, words, message, remedy) => {
    await connect("cursor", words());
    const patience = name === "a program that says nothing" ? 500 : 30_000;
    const found = await check(patience);
    expect(found).toMatchObject({ status: "fail", message: expect.stringMatching(message) });
    expect(found.remedy.endsWith(`${SELF.join(" ")} ${remedy.replace("WORK", world.workspace)}`)).toBe(true);
  });

  test("warns of a client's file that is broken", async () => {
    world.put("../home/.cursor/mcp.json", "{");
    expect(await check()).toMatchObject({ status: "warn", message: expect.stringMatching(/^Cursor: .*mcp\.json:1:2: this is not JSON/) });
  });
});
