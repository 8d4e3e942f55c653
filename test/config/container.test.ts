import { hostname } from "node:os";
import { describe, expect, test } from "vitest";
import { readContainer } from "../../src/config/container.ts";
import { loadConfig } from "../../src/config/load.ts";

const LINE = "docker exec -it {host} portcullis";
/** A line of proc_pid_mountinfo(5) for each mount point. */
const mounts = (...points: string[]) =>
  points.map((point, index) => `${index + 30} 1 0:${index + 50} / ${point} rw - overlay overlay rw`).join("\n");

describe("the state of a container", () => {
  test.each([
    ["a volume of its own", "/state", mounts("/", "/proc", "/state")],
    ["a directory below a volume", "/data/portcullis", mounts("/", "/data")],
    ["a volume with a blank in its name", "/my state", mounts("/", "/my\\040state")],
    ["a temporary file system that was asked for", "/tmp/portcullis", mounts("/", "/tmp")],
  ])("may lie on %s", (_name, state, mountinfo) => {
    expect(readContainer(LINE, state, mountinfo).entry).toEqual(["docker", "exec", "-it", hostname(), "portcullis"]);
  });

  test.each([
    ["the container's own layer", "/state", mounts("/", "/proc", "/workspace")],
    ["the same beside a volume with a longer name", "/state", mounts("/", "/state-of-others")],
    ["the same above a volume", "/state", mounts("/", "/state/backup")],
  ])("is refused on %s, with the mend", (_name, state, mountinfo) => {
    expect(() => readContainer(LINE, state, mountinfo)).toThrow(
      "/state is not on a volume, so audit and approvals would end with the container: start it with -v portcullis-state:/state (or, where they may be lost, with -e PORTCULLIS_STATE=/tmp/portcullis --tmpfs /tmp)",
    );
  });

  test("is looked at only where the image says that it is a container", async () => {
    const around = { cwd: "/", home: "" };
    const flags = { workspace: ["/usr"], state: "/no-mount-point-is-called-this" };
    expect((await loadConfig(flags, { ...around, env: {} })).entry).toBeUndefined();
    await expect(loadConfig(flags, { ...around, env: { PORTCULLIS_CONTAINER: LINE } })).rejects.toThrow(/is not on a volume/);
    const entry = ["podman", "exec", hostname(), "portcullis"];
    const env = { PORTCULLIS_CONTAINER: "podman exec {host} portcullis" };
    expect((await loadConfig({ ...flags, state: "/proc/state" }, { ...around, env })).entry).toEqual(entry);
  });
});
