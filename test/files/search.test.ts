import { mkdirSync, readFileSync, readdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Grant } from "../../src/files/door.ts";
import type { ContentSearch, NameSearch, WalkOptions } from "../../src/types.ts";
import type { World } from "./world.ts";
import { makeWorld, refusalOf } from "./world.ts";

let world: World;
beforeEach(() => {
  world = makeWorld();
  world.write("a.txt", "one\ntwo needle\nthree\n");
  world.write("B.TXT", "Needle\r\nneedle\r\n");
  world.write(".hidden/c.txt", "needle in hidden\n");
  world.write("src/deep/d.ts", "const needle = 1;\n");
  world.write(".env", "SECRET needle\n");
  world.write(".git/config", "needle\n");
  world.write("sub/.git/config", "needle\n");
  world.write(".gitignore", "ignored/\n*.log\n");
  world.write("ignored/e.txt", "needle\n");
  world.write("f.log", "needle\n");
  world.write("binary.bin", Buffer.from("needle\0needle\n"));
  mkdirSync(join(world.root, "empty"));
  writeFileSync(join(world.out, "secret.txt"), "TOP-SECRET needle\n");
  world.link("out", world.out);
  world.link("out.txt", join(world.out, "secret.txt"));
});
afterEach(() => world.close());

const cut = (paths: readonly string[]) => paths.map((path) => path.slice(world.root.length + 1));
const names = async (search: Partial<NameSearch>, grant: Partial<Grant> = {}, path = ".") => {
  const hits = await world.use((eyes, hands) => hands.searchNames(eyes.find(path), { pattern: "**", maxResults: 1000, ...search }), grant);
  return hits.truncated ? [...cut(hits.paths), "..."] : cut(hits.paths);
};
const content = async (search: Partial<ContentSearch>, grant: Partial<Grant> = {}, path = ".") => {
  const hits = await world.use(
    (eyes, hands) => hands.searchContent(eyes.find(path), { pattern: "needle", outputMode: "content", maxMatches: 1000, ...search }),
    grant,
  );
  const lines = hits.files.flatMap(({ path: file, count, lines: inFile }) => {
    const name = file.slice(world.root.length + 1);
    return search.outputMode === "content" || search.outputMode === undefined
      ? inFile.map(({ line, text, match }) => `${name}${match ? ":" : "-"}${line} ${text}`)
      : [`${name} ${count}`];
  });
  return hits.truncated ? [...lines, "..."] : lines;
};
const noEnv: Partial<Grant> = { admits: (path) => !path.endsWith("/.env") };

describe("searchNames", () => {
  test.each<[string, Partial<NameSearch>, readonly string[]]>([
    ["* stays in one directory", { pattern: "*.txt" }, ["a.txt", "out.txt"]],
    ["** crosses directories, hidden ones too", { pattern: "**/*.txt" }, [".hidden/c.txt", "a.txt", "ignored/e.txt", "out.txt"]],
    ["case counts", { pattern: "*.TXT" }, ["B.TXT"]],
    ["directories match, empty ones too", { pattern: "e*" }, ["empty"]],
    ["a plain name", { pattern: "src/deep/d.ts" }, ["src/deep/d.ts"]],
    ["braces", { pattern: "{a,f}.{txt,log}" }, ["a.txt", "f.log"]],
    [".git is left out at any depth", { pattern: "**/config" }, []],
    ["left out with all below", { pattern: "**/*.{txt,ts}", excludePatterns: ["src", ".hidden"] }, ["a.txt", "ignored/e.txt", "out.txt"]],
    ["what .gitignore ignores, when asked to", { pattern: "**/*.{txt,log}", respectGitignore: true }, [".hidden/c.txt", "a.txt"]],
    ["a climb finds nothing", { pattern: "../**/*.txt" }, []],
    ["a climb in braces finds nothing", { pattern: "{..,out}/secret.txt" }, []],
    ["links outside are not entered", { pattern: "out/**" }, ["out"]],
  ])("%s", async (_name, search, expected) => {
    expect(await names(search)).toEqual(expected);
  });

  test("tells only what may be listed, and says when it stopped", async () => {
    expect(await names({ pattern: ".e*" }, noEnv)).toEqual([]);
    expect(await names({ pattern: "**/*.txt" }, { admits: (path) => !path.endsWith("/.hidden") })).toEqual([
      "a.txt",
      "ignored/e.txt",
      "out.txt",
    ]);
    expect(await names({ pattern: "**/*.txt", maxResults: 2 })).toEqual([".hidden/c.txt", "a.txt", "..."]);
    expect(await names({ pattern: "**/*.txt", maxResults: 4 })).toEqual([".hidden/c.txt", "a.txt", "ignored/e.txt", "out.txt"]);
  });

  test.each([
    ["empty", "", "the pattern is empty"],
    ["too long", "a".repeat(1025), "the pattern is longer than 1024 characters"],
    ["with many wildcards in a name", "*a*a*a*a*b", "the pattern has more than 4 `*` in one name"],
    ["with many **", "**/a/**/a/**/a/**/a/**/b", "the pattern has more than 4 `**`"],
    ["with a repeated group", "+(a|aa)b", "the pattern has a repeated group"],
  ])("refuses a pattern that is %s", async (_name, pattern, reason) => {
    expect(await refusalOf(() => names({ pattern }))).toEqual({
      code: "INVALID_INPUT",
      reason,
      remedy: "use a simpler pattern, like **/*.ts",
    });
  });

  test("the most expensive pattern it takes ends soon on the worst name", async () => {
    world.write("a".repeat(255));
    const started = performance.now();
    expect(await names({ pattern: "*a*a*a*b" })).toEqual([]);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe("searchContent", () => {
  test.each<[string, Partial<ContentSearch>, readonly string[]]>([
    [
      "matching lines of all files that aren't ignored, hidden ones too",
      { respectGitignore: true },
      [
        ".env:1 SECRET needle",
        ".hidden/c.txt:1 needle in hidden",
        "B.TXT:2 needle",
        "a.txt:2 two needle",
        "src/deep/d.ts:1 const needle = 1;",
      ],
    ],
    ["ignored files when asked to", { respectGitignore: false, glob: "{ignored/*,*.log}" }, ["f.log:1 needle", "ignored/e.txt:1 needle"]],
    ["either case", { ignoreCase: true, glob: "*.TXT" }, ["B.TXT:1 Needle", "B.TXT:2 needle"]],
    ["regular expressions with CRLF line ends", { pattern: "^[Nn]eedle$", glob: "*.TXT" }, ["B.TXT:1 Needle", "B.TXT:2 needle"]],
    ["literal text", { pattern: "needle = 1;", literal: true }, ["src/deep/d.ts:1 const needle = 1;"]],
    ["a pattern that looks like an option", { pattern: "--pre=evil" }, []],
    ["lines around", { glob: "a.txt", contextLines: 1 }, ["a.txt-1 one", "a.txt:2 two needle", "a.txt-3 three"]],
    ["files", { outputMode: "files", glob: "*.{txt,TXT}" }, [".hidden/c.txt 1", "B.TXT 1", "a.txt 1"]],
    ["counts of lines", { outputMode: "count", ignoreCase: true, glob: "*.TXT" }, ["B.TXT 2"]],
    ["nothing by a glob that climbs", { glob: "../**" }, []],
    ["nothing in .git, whatever the glob", { glob: "**/.git/**" }, []],
    ["nothing behind links outside", { pattern: "TOP-SECRET", respectGitignore: false }, []],
  ])("finds %s", async (_name, search, expected) => {
    expect(await content(search)).toEqual(expected);
  });

  test("finds nothing in files that may not be read, and they don't count", async () => {
    expect(await content({ pattern: "SECRET" }, noEnv)).toEqual([]);
    for (const outputMode of ["files", "count"] as const) expect(await content({ pattern: "SECRET", outputMode }, noEnv)).toEqual([]);
    expect(await content({ maxMatches: 4 }, noEnv)).toHaveLength(4);
  });

  test("stops at the most matches, and says so only when there are more", async () => {
    world.write("many.txt", "needle here\n".repeat(5000));
    expect(await content({ glob: "many.txt", maxMatches: 2 })).toEqual(["many.txt:1 needle here", "many.txt:2 needle here", "..."]);
    expect((await content({ glob: "many.txt", maxMatches: 5000 })).at(-1)).toBe("many.txt:5000 needle here");
    expect(await content({ glob: "{many,a}.txt", outputMode: "files", maxMatches: 1 })).toHaveLength(2);
  });

  test("searches one file through its descriptor", async () => {
    expect(await content({}, {}, "a.txt")).toEqual(["a.txt:2 two needle"]);
    expect(await content({ pattern: "absent" }, {}, "a.txt")).toEqual([]);
    expect(await content({ outputMode: "count" }, {}, "B.TXT")).toEqual(["B.TXT 1"]);
    expect(await content({ outputMode: "files" }, {}, ".git/config")).toEqual([".git/config 1"]);
  });

  test("cuts long lines, reads only around hits in large files, and skips binary ones", async () => {
    world.write("long.txt", `${"x".repeat(5000)} needle\n`);
    const hits = await world.use((eyes, hands) =>
      hands.searchContent(eyes.find("."), { pattern: "needle", outputMode: "content", maxMatches: 9, glob: "long.txt" }),
    );
    expect(hits.files[0]?.lines).toEqual([{ line: 1, text: "x".repeat(2000), match: true, cut: true }]);
    world.write("large.txt", `${"filler line\n".repeat(100_000)}the needle\nlast\n`);
    expect(await content({ glob: "large.txt", contextLines: 1 })).toEqual([
      "large.txt-100000 filler line",
      "large.txt:100001 the needle",
      "large.txt-100002 last",
    ]);
    expect(await content({ glob: "*.bin" })).toEqual([]);
  });

  test("names with line ends and colons don't confuse it", async () => {
    world.write("odd\n1:0:name.odd", "needle\n");
    world.write("x:9:9:.odd", "needle\n");
    const hits = await world.use((eyes, hands) =>
      hands.searchContent(eyes.find("."), { pattern: "needle", outputMode: "content", maxMatches: 9, glob: "*.odd" }),
    );
    expect(cut(hits.files.map((file) => file.path))).toEqual(["odd\n1:0:name.odd", "x:9:9:.odd"]);
  });

  test.each<[string, Partial<ContentSearch>, string]>([
    ["a regular expression", { pattern: "a(" }, "the search pattern was not understood: unclosed group"],
    [
      "a glob",
      { glob: "{a" },
      "the search pattern was not understood: error parsing glob '{a': unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)",
    ],
    ["a pattern with NUL", { pattern: "a\0b" }, "the pattern is too long or holds a NUL"],
  ])("refuses %s that is wrong, with the reason", async (_name, search, reason) => {
    expect(await refusalOf(() => content(search))).toMatchObject({ code: "INVALID_INPUT", reason });
  });

  test("is stopped by cancelling, and takes its process along", async () => {
    for (let n = 0; n < 300; n++) world.write(`bulk/${n}.txt`, "filler\n".repeat(20_000));
    const controller = new AbortController();
    const before = children();
    const searching = refusalOf(() => content({ pattern: "(f.*l.*e.*r.*){3}needle" }, { signal: controller.signal }));
    setTimeout(() => controller.abort(), 30);
    expect(await searching).toMatchObject({ code: "CANCELLED" });
    expect(children()).toBe(before);
  });

  test("what is swapped for a link outside between finding and telling is not told", async () => {
    world.write("dir/f.txt", "needle inside\n");
    const swap = () => {
      renameSync(join(world.root, "dir"), join(world.root, "dir2"));
      symlinkSync(world.out, join(world.root, "dir"));
      return true;
    };
    let swapped = false;
    const admits = (path: string) => (path.endsWith("dir/f.txt") && !swapped ? (swapped = swap()) : true);
    expect(await content({ glob: "f.txt" }, { admits })).toEqual([]);
    expect(swapped).toBe(true);
  });
});

/** How many processes have this one as their parent (proc_pid_stat(5), field 4). */
function children(): number {
  const stats = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [readIfThere(`/proc/${name}/stat`)] : []));
  return stats.filter((stat) => stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] === `${process.pid}`).length;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const walk = async (options: Partial<WalkOptions>, grant: Partial<Grant> = {}) => {
  const walked = await world.use((eyes, hands) => hands.walk(eyes.find("."), { maxEntries: 1000, ...options }), grant);
  const lines = walked.entries.map(({ relative, type }) =>
    type === "directory" ? `${relative}/` : type === "link" ? `${relative}@` : relative,
  );
  return walked.truncated ? [...lines, "..."] : lines;
};

const list = (details: boolean) => world.use((eyes, hands) => hands.list(eyes.find("."), { details }));

describe("list and walk", () => {
  const TOP = [
    ".env",
    ".git/",
    ".gitignore",
    ".hidden/",
    "B.TXT",
    "a.txt",
    "binary.bin",
    "empty/",
    "f.log",
    "ignored/",
    "out@",
    "out.txt@",
    "src/",
    "sub/",
  ];

  test("a listing tells names and types, sorted, and details when asked to", async () => {
    const plain = await list(false);
    expect(plain.map(({ name, type }) => (type === "directory" ? `${name}/` : type === "link" ? `${name}@` : name))).toEqual(TOP);
    const file = (await list(true)).find((entry) => entry.name === "a.txt");
    expect(file).toEqual({ name: "a.txt", type: "file", size: 21, modified: expect.any(Number) });
  });

  test.each<[string, Partial<WalkOptions>, readonly string[]]>([
    ["one level", { maxDepth: 1 }, TOP],
    [
      "names left out at any depth, globs where they match",
      { excludePatterns: [".git", ".hidden", "*.*"] },
      ["empty/", "ignored/", "ignored/e.txt", "out@", "src/", "src/deep/", "src/deep/d.ts", "sub/"],
    ],
    [
      "what .gitignore leaves",
      { respectGitignore: true, excludePatterns: ["deep"] },
      [".env", ".gitignore", ".hidden/", ".hidden/c.txt", "B.TXT", "a.txt", "binary.bin", "src/"],
    ],
    ["a start, with a mark", { maxEntries: 2 }, [".env", ".git/", "..."]],
  ])("a walk gives %s", async (_name, options, expected) => {
    expect(await walk(options)).toEqual(expected);
  });

  test("tells only what may be listed, and enters no directory that may not", async () => {
    expect(await walk({ maxDepth: 1 }, noEnv)).toEqual(TOP.filter((name) => name !== ".env"));
    expect(
      await walk({ excludePatterns: [".git", "sub"] }, { admits: (path, op) => op !== "list" || !path.endsWith("/src") }),
    ).not.toContain("src/deep/");
    expect((await world.use((eyes, hands) => hands.list(eyes.find(".")), noEnv)).map((entry) => entry.name)).not.toContain(".env");
  });

  test("a directory of 100,000 entries", async () => {
    mkdirSync(join(world.root, "many"));
    for (let n = 0; n < 100_000; n++) writeFileSync(join(world.root, "many", `file-${n}.txt`), "");
    const started = performance.now();
    expect(await world.use((eyes, hands) => hands.list(eyes.find("many")).length)).toBe(100_000);
    expect(await names({ pattern: "**/file-99999.txt" })).toEqual(["many/file-99999.txt"]);
    const walked = await world.use((eyes, hands) => hands.walk(eyes.find("many"), { maxEntries: 50 }));
    expect([walked.entries.length, walked.truncated]).toEqual([50, true]);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
