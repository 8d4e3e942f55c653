/** Test runners, linters, formatters and compilers of workspaces. They run the workspace's own code and configuration; another one is a hazard. */
import type { Program } from "../program.ts";

/** Operands are files or directories of the workspace. */
function tool(options: string, more: Partial<Program> = {}): Program {
  return { options: `${options} -h,--help --version`, operands: "read", ...more };
}

const PYTEST = tool(
  "-q,--quiet -v,--verbose -vv -x,--exitfirst -s -l,--showlocals -k= -m= --maxfail= --tb= --lf,--last-failed --ff,--failed-first --nf,--new-first --sw,--stepwise --co,--collect-only --durations= --durations-min= --capture= --strict-markers --strict-config --strict --disable-warnings,--disable-pytest-warnings --no-header --no-summary -r= --color= --deselect= --ignore=@list --ignore-glob= --markers --fixtures --setup-show --setup-only --setup-plan --import-mode= --cache-show=? --cache-clear --runxfail --cov=? --cov-report= --cov-branch --no-cov --cov-fail-under= -n,--numprocesses= --dist= --timeout= --asyncio-mode= --count= --randomly-seed= --reruns= --verbosity= --show-capture= --pyargs --doctest-modules -V !-p= !-c,--config-file= !-o,--override-ini= !--rootdir= !--confcutdir= !--basetemp= !--pdb !--pdbcls= !--trace !--pastebin= !--junitxml,--junit-xml= !--log-file= !--debug=? !-W,--pythonwarnings= !--pythonpath= !--cov-config=",
  {
    // `file.py::Class::test` names a test inside a file.
    operands: "text",
    examine: (view) => {
      for (const { text } of view.operands) view.paths.push({ op: "read", path: text?.split("::")[0] ?? null });
    },
  },
);

export const testing: Readonly<Record<string, Program>> = {
  pytest: PYTEST,
  "py.test": PYTEST,
  unittest: tool(
    "-v,--verbose -q,--quiet -f,--failfast -c,--catch -b,--buffer -k= --locals -s,--start-directory=@read -p,--pattern= -t,--top-level-directory=@read --durations=",
    { operands: "text" },
  ),
  mypy: tool(
    "--strict --ignore-missing-imports --no-error-summary --pretty --show-error-codes --show-column-numbers --no-color-output --follow-imports= --python-version= --platform= --warn-unused-ignores --warn-return-any --disallow-untyped-defs --check-untyped-defs --no-incremental --namespace-packages --explicit-package-bases -p,--package= -m,--module= -v,--verbose -V !-c,--command= !--config-file= !--install-types !--python-executable= !--cache-dir= !--junit-xml=",
  ),
  pyright: tool("--stats --verbose --outputjson --warnings --level= --skipunannotated !-p,--project= !--pythonpath="),
  ruff: {
    options: "-V,--version -h,--help -q,--quiet -v,--verbose -s,--silent !--config= !--isolated",
    subcommands: {
      check: tool(
        "--select= --ignore= --extend-select= --output-format= --statistics --show-files --show-settings --no-cache -q,--quiet -e,--exit-zero --diff --exit-non-zero-on-fix --preview !--fix !--unsafe-fixes !--config= !-o,--output-file= !--add-noqa !-w,--watch",
      ),
      "rule version linter": {},
    },
  },
  flake8: tool(
    "--max-line-length= --select= --ignore= --extend-ignore= --exclude= --count --statistics --show-source -q,--quiet -v,--verbose !--config= !--append-config= !--output-file= !--tee",
  ),
  black: tool(
    "--check --diff --color --no-color -q,--quiet -v,--verbose -l,--line-length= -t,--target-version= --fast --safe !-c,--code= !--config=",
  ),
  tsc: tool(
    "--noEmit -p,--project=@read --watch=? --pretty=? --strict=? --skipLibCheck=? --target= -t= --module= --lib= --jsx= --moduleResolution= --incremental=? --listFiles --listFilesOnly --showConfig --traceResolution --diagnostics --extendedDiagnostics --explainFiles --noErrorTruncation --noUnusedLocals --noUnusedParameters --types= --allowJs --checkJs --esModuleInterop --isolatedModules --resolveJsonModule --verbatimModuleSyntax --allowImportingTsExtensions --erasableSyntaxOnly --noUncheckedIndexedAccess --exactOptionalPropertyTypes --all -v -b,--build --dry --force --verbose !--clean !--init !--outDir= !--outFile= !--declarationDir= !--tsBuildInfoFile= !--generateTrace= !--generateCpuProfile= !--plugins= !--rootDir= !-w",
    { singleDash: true },
  ),
  eslint: tool(
    "--ext= --fix-dry-run --fix-type= --quiet --max-warnings= --cache --no-cache --color --no-color -f,--format=@code --no-eslintrc --ignore-pattern= --no-ignore --no-inline-config --report-unused-disable-directives --report-unused-disable-directives-severity= --no-error-on-unmatched-pattern --pass-on-no-patterns --exit-on-fatal-error --no-warn-ignored --stats --debug -v --env-info --env= --global= --rule= --print-config=@read --stdin --stdin-filename= --concurrency= --flag= !-c,--config= !--rulesdir= !--plugin= !--parser= !--parser-options= !--resolve-plugins-relative-to= !--ignore-path= !-o,--output-file= !--fix !--cache-file= !--cache-location= !--init !--inspect-config",
  ),
  prettier: tool(
    "-c,--check -l,--list-different --no-color --log-level= --tab-width= --print-width= --use-tabs --single-quote --no-semi --trailing-comma= --prose-wrap= --end-of-line= --ignore-unknown,-u --no-error-on-unmatched-pattern --no-editorconfig --no-config --config-precedence= --parser= --stdin-filepath= --cache --find-config-path=@read --file-info=@read --support-info !-w,--write !--plugin= !--config= !--ignore-path= !--cache-location= !--with-node-modules",
  ),
  vitest: tool(
    "-t,--testNamePattern= --run --coverage --no-coverage --reporter=@text -u,--update --bail= --silent=? --pool= --retry= --testTimeout= --hookTimeout= --threads --no-threads --isolate --no-isolate --passWithNoTests --changed=? --shard= --project= --globals --no-file-parallelism --maxWorkers= --minWorkers= --environment= --logHeapUsage --allowOnly --typecheck --mode= --color --no-color --hideSkippedTests --sequence.shuffle --exclude= --clearMocks --disableConsoleIntercept --no-watch --dom -v !-c,--config= !-r,--root= !--dir= !--outputFile=? !--ui !--open !--api=? !--browser=? !--inspect=? !--inspectBrk=? !--globalSetup= !--execArgv= !-w,--watch",
    { operands: "text" },
  ),
  jest: tool(
    "-t,--testNamePattern= --coverage=? --ci --bail=? -b --silent --verbose=? -i,--runInBand -w,--maxWorkers= -o,--onlyChanged --findRelatedTests --listTests --passWithNoTests --no-cache -u,--updateSnapshot --json --testTimeout= --detectOpenHandles --forceExit --testPathPattern= --testPathPatterns= --testPathIgnorePatterns= --selectProjects= --shard= --noStackTrace --color --no-color --changedSince= --expand -e --errorOnDeprecated -v !-c,--config= !--rootDir= !--setupFiles= !--globalSetup= !--globalTeardown= !--reporters= !--runner= !--testEnvironment= !--transform= !--outputFile= !--watch !--watchAll !--coverageDirectory= !--preset= !--resolver= !--testRunner=",
    { operands: "text" },
  ),
  mocha: tool(
    "-g,--grep= -f,--fgrep= -i,--invert -b,--bail -R,--reporter=@code -t,--timeout= -s,--slow= --retries= -p,--parallel -j,--jobs= --recursive --exit -c,--color --no-color --forbid-only --forbid-pending --dry-run --full-trace --extension= --ignore= !-r,--require= !--import= !--config= !--opts= !-w,--watch !-u,--ui= !--spec= !--package= !--node-option= !-n=",
  ),
  oxlint: tool(
    "--type-aware --quiet --max-warnings= --deny-warnings -D,--deny= -A,--allow= -W,--warn= -f,--format= --threads= --silent --rules --print-config !--fix !--fix-suggestions !--fix-dangerously !-c,--config= !--tsconfig= !--init",
  ),
  oxfmt: tool("--check --list-different !-c,--config= !--write !--init"),
  biome: {
    options: "--version --help",
    subcommands: {
      "check lint ci": tool(
        "--max-diagnostics= --diagnostic-level= --error-on-warnings --no-errors-on-unmatched --changed --staged --since= --reporter= --colors= --verbose --only= --skip= !--write !--fix !--unsafe !--apply !--config-path=",
      ),
    },
  },
  shellcheck: tool(
    "-a -C,--color=? -e,--exclude= -i,--include= -f,--format= -S,--severity= -s,--shell= -V -W,--wiki-link-count= -x,--external-sources !--rcfile= !-P,--source-path=",
  ),
};
