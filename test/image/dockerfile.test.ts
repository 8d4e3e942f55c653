import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { REPOSITORY } from "./build.ts";
import { readDockerfile } from "./dockerfile.ts";

describe("the reader of Dockerfiles", () => {
  test("reads stages, steps over several lines, and what the last stage says", () => {
    const text = `# a comment
FROM one AS build
WORKDIR /w
COPY a b ./
RUN first \\
 && second

FROM two
COPY --from=build /w /x
ENV A=1 B="two words"
USER 1:1
HEALTHCHECK --interval=30s CMD true
ENTRYPOINT ["run"]
CMD ["it"]
`;
    const none = { labels: {}, user: undefined, health: undefined, entrypoint: [], command: [] };
    const copied = { kind: "copy", from: undefined, sources: ["a", "b"], destination: "./" };
    const built = [{ kind: "workdir", path: "/w" }, copied, { kind: "run", command: "first && second" }];
    expect(readDockerfile(text)).toEqual([
      { ...none, image: "one", name: "build", steps: built, env: {}, workdir: "/w" },
      {
        image: "two",
        name: undefined,
        steps: [{ kind: "copy", from: "build", sources: ["/w"], destination: "/x" }],
        env: { A: "1", B: "two words" },
        labels: {},
        user: "1:1",
        workdir: "/",
        health: "true",
        entrypoint: ["run"],
        command: ["it"],
      },
    ]);
  });

  test.each([
    ["an unknown instruction", 'FROM one\nSHELL ["bash"]'],
    ["a mount while building", "FROM one\nRUN --mount=type=cache,target=/x make"],
    ["a change of owner while copying", "FROM one\nCOPY --chown=1:1 a b"],
    ["a download", "FROM one\nADD https://example.org/x /x"],
    ["pairs in the old form", "FROM one\nENV A 1"],
    ["a platform", "FROM --platform=arm64 one"],
    ["something before the first stage", "RUN x"],
  ])("refuses %s rather than passing it over", (_name, text) => {
    expect(() => readDockerfile(text)).toThrow(/^Dockerfile: /);
  });

  test("can play all of ours", () => {
    const stages = readDockerfile(readFileSync(join(REPOSITORY, "Dockerfile"), "utf8"));
    expect(stages.map(({ image }) => image.replace(/^node:\d+\.\d+\.\d+-/, "node:"))).toEqual(["node:trixie-slim", "debian:trixie-slim"]);
  });
});
