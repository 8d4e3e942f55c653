/**
 * git runs code that a repository's own files name: fsmonitor, hooks, pagers, external diffs, text conversions, credential and signing programs.
 * Both halves are needed: the environment also reaches a git that npm or make starts; external diffs and text conversions can only be switched off by
 * option. What neither can switch off (filter.*.clean named by .git/config) is left to the sandbox and to `.git/config` being read-only.
 */

/** Settings that a repository's config can't override, because configuration from the environment is read last. */
const SETTINGS: readonly (readonly [key: string, value: string])[] = [
  ["core.fsmonitor", "false"],
  ["core.hooksPath", "/dev/null"],
  ["core.pager", "cat"],
  ["core.editor", "false"],
  ["core.askPass", "false"],
  ["core.sshCommand", "false"],
  ["core.gitProxy", "false"],
  ["core.alternateRefsCommand", "false"],
  ["core.attributesFile", "/dev/null"],
  ["credential.helper", ""],
  ["diff.external", ""],
  ["interactive.diffFilter", "cat"],
  ["sequence.editor", "false"],
  ["commit.gpgSign", "false"],
  ["tag.gpgSign", "false"],
  ["log.showSignature", "false"],
  ["gpg.program", "false"],
  ["gpg.ssh.program", "false"],
  ["gpg.x509.program", "false"],
  ["protocol.ext.allow", "never"],
  ["submodule.recurse", "false"],
  // As root, commands run as a user who owns nothing; what a foreign repository could run is switched off above.
  ["safe.directory", "*"],
];

/** The environment in which every command runs, whether it is git or starts git. Anything else that begins with `GIT_` is to be dropped. */
export function gitEnvironment(): Record<string, string> {
  const env: Record<string, string> = {
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_PAGER: "cat",
    GIT_EDITOR: "false",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_CONFIG_COUNT: String(SETTINGS.length),
  };
  SETTINGS.forEach(([key, value], index) => {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  return env;
}

/** Subcommands that show differences, and the options that keep them from running the programs which .gitattributes and the config name. */
const QUIETED: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ["diff", "diff-files", "diff-index", "diff-tree", "log", "show", "whatchanged", "format-patch"].map((name) => [
      name,
      ["--no-ext-diff", "--no-textconv"],
    ]),
  ),
  blame: ["--no-textconv"],
  annotate: ["--no-textconv"],
  grep: ["--no-textconv"],
};
/** git takes these only in full. */
const LOUD = new Set(["--ext-diff", "--textconv"]);
const WITH_VALUE = new Set([
  "-C",
  "-c",
  "--git-dir",
  "--work-tree",
  "--namespace",
  "--config-env",
  "--exec-path",
  "--super-prefix",
  "--attr-source",
]);

/**
 * `argv` of a git command with `--no-pager`, and for subcommands that show differences without external programs: also where it asks for them. Other
 * argvs come back as they are.
 */
export function hardenGit(argv: readonly string[]): readonly string[] {
  const [program, ...rest] = argv;
  if (program === undefined || !/(^|\/)git$/.test(program)) return argv;
  let at = 0;
  while (at < rest.length && rest[at]?.startsWith("-")) at += WITH_VALUE.has(rest[at] ?? "") ? 2 : 1;
  const subcommand = rest[at];
  const quiet = Object.hasOwn(QUIETED, subcommand ?? "") ? QUIETED[subcommand ?? ""] : undefined;
  if (quiet === undefined) return [program, "--no-pager", ...rest];
  const end = rest.indexOf("--", at) < 0 ? rest.length : rest.indexOf("--", at);
  return [
    program,
    "--no-pager",
    ...rest.slice(0, at + 1),
    ...quiet,
    ...rest.slice(at + 1, end).filter((word) => !LOUD.has(word)),
    ...rest.slice(end),
  ];
}
