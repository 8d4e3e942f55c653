/** The files that start the image or the package elsewhere, read by the programs that they are for, or held against the standard that they claim. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { copyTree, REPOSITORY, runStep } from "./build.ts";
import { openImage } from "./setup.ts";

const { place, image } = openImage();
const tools = join(place, "tools");
beforeAll(() => {
  copyTree(join(place, "debian"), tools);
  runStep(tools, "/", {}, "apt-get update -qq && apt-get install --yes -qq --no-install-recommends docker-compose systemd");
  mkdirSync(join(tools, "repository"));
  for (const file of ["compose.yaml", ".env.example", "Dockerfile", "deploy"])
    cpSync(join(REPOSITORY, file), join(tools, "repository", file), { recursive: true });
  // systemd-analyze asks whether the program is there
  writeFileSync(join(tools, "usr/local/bin/portcullis"), "#!/bin/sh\n", { mode: 0o755 });
});

const inside = (command: string) => {
  const { status, stdout, stderr } = spawnSync("chroot", [tools, "sh", "-c", `cd /repository && ${command}`], { encoding: "utf8" });
  return { code: status, stdout, stderr };
};

/** What Docker Compose makes of a service, less what is not about guarding. */
interface Service {
  readonly user: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly mem_limit: string;
  readonly pids_limit: number;
  readonly network_mode?: string;
  readonly ports?: readonly { readonly host_ip: string; readonly target: number }[];
  readonly volumes: readonly { readonly target: string }[];
}

describe("compose.yaml", () => {
  test("is what Docker Compose expects, and both services are guarded alike", () => {
    const { code, stdout, stderr } = inside("docker-compose --env-file .env.example --profile stdio config --format json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { services } = JSON.parse(stdout) as { services: Record<string, Service> };
    expect(Object.keys(services)).toEqual(["portcullis", "stdio"]);
    for (const service of Object.values(services)) {
      expect(service).toMatchObject({
        user: image.stage.user,
        read_only: true,
        cap_drop: ["ALL"],
        security_opt: ["no-new-privileges:true"],
        mem_limit: String(2 * 1024 ** 3),
        pids_limit: 512,
      });
      expect(service.volumes.map(({ target }) => target)).toEqual(["/state", "/workspace"]);
    }
    expect(services["stdio"]?.network_mode).toBe("none");
    expect(services["portcullis"]?.ports).toMatchObject([{ host_ip: "127.0.0.1", target: 8420 }]);
  });

  test("without a workspace says which setting is missing", () => {
    expect(inside("docker-compose config --quiet")).toMatchObject({
      stderr: expect.stringContaining("WORKSPACE is missing a value: set it in .env") as string,
    });
  });
});

test("deploy/portcullis.service is valid, and systemd rates its exposure at most 1.5", () => {
  expect(inside("systemd-analyze verify deploy/portcullis.service")).toEqual({ code: 0, stdout: "", stderr: "" });
  const rated = inside("systemd-analyze security --offline=true --no-pager --threshold=15 deploy/portcullis.service");
  expect(rated).toMatchObject({ code: 0 });
  expect(rated.stdout).toMatch(/Overall exposure level for portcullis.service: 1\.[0-5]/);
});

/** The controls of https://kubernetes.io/docs/concepts/security/pod-security-standards/ (restricted) that this manifest has to say something about. */
const RESTRICTED: readonly (readonly [control: string, path: string, value: unknown])[] = [
  ["privilege escalation is off", "containers.0.securityContext.allowPrivilegeEscalation", false],
  ["all capabilities are dropped", "containers.0.securityContext.capabilities", { drop: ["ALL"] }],
  ["it is not root", "securityContext.runAsNonRoot", true],
  ["its user is the image's", "securityContext.runAsUser", 10001],
  ["the runtime's seccomp profile is on", "securityContext.seccompProfile", { type: "RuntimeDefault" }],
  ["the host's network is not used", "hostNetwork", undefined],
  ["nothing is privileged", "containers.0.securityContext.privileged", undefined],
  // beyond the standard
  ["the root is read-only", "containers.0.securityContext.readOnlyRootFilesystem", true],
  ["no variables of services get in", "enableServiceLinks", false],
  ["it has no token of the cluster", "automountServiceAccountToken", false],
];

describe("deploy/kubernetes.yaml", () => {
  const documents = parseAllDocuments(readFileSync(join(REPOSITORY, "deploy/kubernetes.yaml"), "utf8"));
  const objects = documents.map((document) => document.toJS() as Record<string, never>);
  const pod = objects.find(({ kind }) => kind === "Deployment")?.["spec"]?.["template"]?.["spec"] as unknown;
  const at = (path: string): unknown =>
    path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], pod);

  test("is YAML of one document an object", () => {
    expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
    expect(objects.map(({ kind }) => kind)).toEqual(["PersistentVolumeClaim", "PersistentVolumeClaim", "Deployment", "Service"]);
  });

  test.each(RESTRICTED)("%s", (_control, path, value) => {
    expect(at(path)).toEqual(value);
  });

  test("only volumes of the kinds that the standard allows are mounted, each of them declared", () => {
    const volumes = at("volumes") as Record<string, unknown>[];
    const kinds = volumes.flatMap((volume) => Object.keys(volume)).filter((key) => key !== "name");
    expect(kinds.filter((kind) => !["configMap", "emptyDir", "persistentVolumeClaim", "secret"].includes(kind))).toEqual([]);
    const mounted = (at("containers.0.volumeMounts") as { name: string }[]).map(({ name }) => name);
    expect(volumes.map(({ name }) => name)).toEqual(mounted);
  });

  test("it names the version that the package has", () => {
    const { version } = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as { version: string };
    expect(at("containers.0.image")).toBe(`ghcr.io/portcullis/portcullis:${version}`);
  });
});

test(".env.example sets nothing that compose.yaml doesn't read", () => {
  const compose = readFileSync(join(REPOSITORY, "compose.yaml"), "utf8");
  const names = [...readFileSync(join(REPOSITORY, ".env.example"), "utf8").matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name);
  expect(names.filter((name) => !compose.includes(`\${${name}:`))).toEqual([]);
  expect(execFileSync("git", ["check-ignore", ".env"], { cwd: REPOSITORY, encoding: "utf8" }).trim()).toBe(".env");
});
