/** The image as it is started on other people's machines: its user or any other, without capabilities and namespaces, on a read-only root. */
import { chownSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { approveOnce, connectHttp } from "../e2e/clients.ts";
import { HOST } from "./container.ts";
import { openImage } from "./setup.ts";
import { createContainer } from "./world.ts";
import type { Container } from "./world.ts";

interface Doctor {
  readonly ok: boolean;
  readonly checks: readonly { readonly id: string; readonly status: string; readonly message: string; readonly remedy: string }[];
}

const { place, image } = openImage();

const doctor = (container: Container, start?: Parameters<Container["run"]>[1]): Doctor & { code: number | null } => {
  const { code, stdout } = container.run(["portcullis", "doctor", "--workspace", "/workspace", "--json"], start);
  return { ...(JSON.parse(stdout) as Doctor), code };
};
const check = ({ checks }: Doctor, id: string) => checks.find((one) => one.id === id);

describe("the image", () => {
  test("holds what it needs and nothing to build with, on less than 340 MB", () => {
    const modules = readdirSync(join(image.root, "opt/portcullis/node_modules"));
    expect(modules.toSorted()).toEqual(["@vscode", "better-sqlite3", "diff", "picomatch"]);
    expect(() => statSync(join(image.root, "usr/local/bin/npm"))).toThrow("ENOENT");
    console.log(`the image: ${Math.round(image.size / 1e6)} MB, of which the base ${Math.round(image.base / 1e6)} MB`);
    expect(image.size).toBeLessThan(340e6);
  });

  test("says to registries who it is", () => {
    const { mcpName } = JSON.parse(readFileSync(join(image.root, "opt/portcullis/package.json"), "utf8")) as { mcpName: string };
    expect(image.stage.labels["io.modelcontextprotocol.server.name"]).toBe(mcpName);
  });
});

describe.each([
  ["the image's user", "10001:10001"],
  ["any other user, without an account", "4321:4321"],
])("as %s", (_name, user) => {
  let container: Container;
  beforeAll(() => {
    container = createContainer(image, place, user);
  });

  test("doctor finds nothing amiss, and commands run under Landlock because bubblewrap can't", () => {
    const found = doctor(container);
    expect(found.checks.filter(({ status }) => status === "fail")).toEqual([]);
    expect(found.code).toBe(0);
    for (const id of ["user", "home", "container", "workspace", "state"]) expect(check(found, id)).toMatchObject({ id, status: "ok" });
    expect(check(found, "sandbox")).toMatchObject({ status: "ok", message: expect.stringContaining("landlock passed") as string });
    expect(container.run(["bwrap", "--ro-bind", "/", "/", "true"])).toMatchObject({ code: 1 });
  });

  test("files, search and commands work", async () => {
    const client = await container.connect({}, approveOnce);
    try {
      const written = await client.call("write_file", { path: "notes.txt", content: "the gate is shut\n" });
      expect(written).toMatchObject({ isError: false });
      expect(statSync(join(container.workspace, "notes.txt")).uid).toBe(Number(user.split(":")[0]));
      expect((await client.call("read_text_file", { path: "notes.txt" })).text).toContain("the gate is shut");
      expect((await client.call("search_content", { path: ".", pattern: "gate" })).text).toContain("notes.txt");
      expect((await client.call("search_files", { path: ".", pattern: "*.txt" })).text).toContain("notes.txt");
      const edited = await client.call("edit_file", { path: "notes.txt", edits: [{ oldText: "shut", newText: "open" }] });
      expect(edited.text).toContain("+the gate is open");
      const ran = await client.call("run_command", { command: "cat notes.txt | wc -l && git --version" });
      expect(ran).toMatchObject({ isError: false, call: { sandbox: { backend: "landlock" } } });
      expect(ran.text).toContain("git version 2.");
    } finally {
      await client.close();
    }
    const { stdout } = container.run(["portcullis", "audit", "query", "--json", "--tool", "write_file"]);
    expect(stdout).toContain('"status":"done"');
    const policy = ["portcullis", "policy", "explain", "--json", "--tool", "read_text_file", "--args", '{"path":"notes.txt"}'];
    expect(container.run(policy)).toMatchObject({ code: 0 });
  });

  test("without a home it serves all the same", () => {
    expect(doctor(container, { env: { HOME: "" } }).code).toBe(0);
    expect(doctor(container, { env: { HOME: "/nonexistent" } }).code).toBe(0);
  });
});

describe("what the image is given", () => {
  test("fetch reaches what the administrator's policy lists", async () => {
    const server = createServer((_request, response) => response.end("hello from outside")).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const policy = `version: 1\nextends: [local]\negress: { allow: ["127.0.0.1:${port}"] }\n`;
    const client = await createContainer(image, place, undefined, policy).connect();
    try {
      const fetched = await client.call("fetch", { url: `http://127.0.0.1:${port}/` });
      expect(fetched).toMatchObject({ isError: false, text: expect.stringContaining("hello from outside") as string });
    } finally {
      await client.close();
      server.close();
    }
  });

  test("a denied file in the workspace stops commands with a word, because Landlock can't hide it", async () => {
    const container = createContainer(image, place);
    writeFileSync(join(container.workspace, ".env"), "KEY=x\n");
    const client = await container.connect();
    try {
      const { refusal } = await client.call("run_command", { command: "ls" });
      expect(refusal).toMatchObject({ code: "SANDBOX_UNAVAILABLE", reason: expect.stringContaining("can't hide a denied path") as string });
    } finally {
      await client.close();
    }
  });

  test("a question is answered from outside with the words that the refusal gives", async () => {
    const container = createContainer(image, place);
    const client = await container.connect();
    const call = () => client.call("write_file", { path: "asked.txt", content: "yes\n" });
    try {
      const { refusal } = await call();
      const id = refusal?.approval?.id ?? "";
      const words = `docker exec -it ${HOST} portcullis approvals approve ${id} --state /state`;
      expect(refusal?.remedy).toContain(words);
      const inside = words.split(" ").slice(4);
      const key = container.run(["portcullis", "keys", "create", "--name", "person", "--role", "approver"]).stdout.trim();
      expect(container.run([...inside, "--key", key])).toMatchObject({ code: 0 });
      expect(await call()).toMatchObject({ isError: false });
    } finally {
      await client.close();
    }
  });

  test("over HTTP it serves those with a key, and the image's own health check tells whether it does", async () => {
    const container = createContainer(image, place);
    const free = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => free.once("listening", resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const start = { env: { PORTCULLIS_HTTP: `0.0.0.0:${port}` } };
    const health = ["sh", "-c", image.stage.health ?? ""];
    expect(container.run(health, start).code).toBe(1);
    const server = await container.serve(start, "serving over HTTP");
    try {
      expect(container.run(health, start).code).toBe(0);
      const key = container.run(["portcullis", "keys", "create", "--name", "client"]).stdout.trim();
      const client = await connectHttp("v2 SDK, 2026-07-28", `http://127.0.0.1:${port}`, { key });
      expect((await client.call("list_allowed_directories", {})).text).toContain("/workspace");
      await client.close();
    } finally {
      expect(await server.stop()).toBe(0);
    }
    expect(container.run(health, start).code).toBe(1);
    expect(container.run(health).code).toBe(0); // over stdio there is nothing to ask
  });
});

describe("an image that is started wrongly gets a clear word and loses nothing", () => {
  test("without a state volume it doesn't serve", () => {
    const container = createContainer(image, place);
    const mend = "start it with -v portcullis-state:/state";
    const served = container.run(image.stage.entrypoint.concat(image.stage.command), { stateVolume: false });
    expect(served).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(mend) as string });
    const found = doctor(container, { stateVolume: false });
    expect(found).toMatchObject({ code: 1, ok: false });
    expect(check(found, "config")).toMatchObject({
      status: "fail",
      message: expect.stringContaining("/state is not on a volume") as string,
      remedy: expect.stringContaining(mend.slice(1)) as string,
    });
    expect(readdirSync(join(image.root, "state"))).toEqual([]);
  });

  test("as root on the image's own volume it doesn't serve, and the volume stays as it was", () => {
    const container = createContainer(image, place);
    const served = container.run(image.stage.entrypoint.concat(image.stage.command), { user: "0:0" });
    expect(served).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("run as its owner") as string });
    expect(readdirSync(container.state)).toEqual([]);
    expect(statSync(container.state).uid).toBe(10001);
  });

  test("as root on root's volume files work, and doctor says why there are no commands", async () => {
    const container = createContainer(image, place, "0:0");
    const client = await container.connect({}, approveOnce);
    try {
      expect(await client.call("write_file", { path: "a.txt", content: "a\n" })).toMatchObject({ isError: false });
      expect((await client.tools()).map(({ name }) => name)).not.toContain("run_command");
    } finally {
      await client.close();
    }
    const found = doctor(container);
    expect(check(found, "user")).toMatchObject({ status: "warn", message: expect.stringContaining("runs as root") as string });
    expect(check(found, "sandbox")).toMatchObject({
      status: "warn",
      message: expect.stringContaining("commands are not offered") as string,
    });
  });

  test("on a read-only workspace reads work, and a write is refused with nothing changed and all on record", async () => {
    const container = createContainer(image, place);
    const file = join(container.workspace, "kept.txt");
    writeFileSync(file, "kept\n");
    chownSync(file, 10001, 10001);
    const client = await container.connect({ workspaceReadOnly: true }, approveOnce);
    try {
      expect((await client.call("read_text_file", { path: "kept.txt" })).text).toContain("kept");
      expect(await client.call("run_command", { command: "cat kept.txt" })).toMatchObject({ isError: false });
      for (const [tool, args] of [
        ["write_file", { path: "kept.txt", content: "lost\n" }],
        ["edit_file", { path: "kept.txt", edits: [{ oldText: "kept", newText: "lost" }] }],
        ["delete_path", { path: "kept.txt" }],
        ["create_directory", { path: "new" }],
      ] as const) {
        const { refusal } = await client.call(tool, args);
        expect([tool, refusal]).toMatchObject([tool, { code: "FAILED", reason: expect.stringContaining("read-only") as string }]);
      }
    } finally {
      await client.close();
    }
    const found = check(doctor(container, { workspaceReadOnly: true }), "workspace");
    expect(found).toMatchObject({ status: "warn", message: expect.stringContaining("every change is refused") as string });
    expect(readdirSync(container.workspace)).toEqual(["kept.txt"]);
    expect(readFileSync(file, "utf8")).toBe("kept\n");
    expect(container.run(["portcullis", "audit", "verify"])).toMatchObject({ code: 0 });
    const { stdout } = container.run(["portcullis", "audit", "query", "--json", "--tool", "edit_file"]);
    expect(stdout).toContain('"status":"failed"');
  });
});
