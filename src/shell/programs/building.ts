/** Build tools of languages. What a target or test runs is the workspace's own code; a rule that allows the subcommand means that. */
import type { Program } from "../program.ts";

/** A subcommand that runs code of the workspace: a pattern has to name it. */
const CARGO_BUILD =
  "-p,--package= --workspace --all --exclude= --lib --bins --bin= --examples --example= --tests --test= --benches --bench= --all-targets -F,--features= --all-features --no-default-features -r,--release --profile= -j,--jobs= --keep-going --no-fail-fast --no-run --doc --target= -q,--quiet -v,--verbose --color= --message-format= --frozen --locked --offline --ignore-rust-version --future-incompat-report --timings=? --fix !--config= !-Z= !--target-dir= !--manifest-path= !-C= !--lockfile-path= !--artifact-dir= !--out-dir= !--allow-dirty";
const GO_BUILD =
  "-v -n -x -a -race -msan -asan -cover -covermode= -coverpkg= -p= -tags= -trimpath -buildvcs= -buildmode= -mod= -gcflags= -asmflags= -ldflags=@code -json -short -run= -bench= -benchmem -benchtime= -count= -failfast -timeout= -parallel= -cpu= -skip= -shuffle= -fuzz= -fuzztime= -list= -vet= -c -i -args !-exec= !-toolexec= !-vettool= !-modfile= !-overlay= !-pkgdir= !-C= !-compiler= !-o= !-coverprofile= !-cpuprofile= !-memprofile= !-blockprofile= !-mutexprofile= !-trace= !-outputdir= !-workfile= !-gccgoflags= !-installsuffix=";

/** Looks only. */
function looks(options: string, operands = "text"): Program {
  return { options, operands };
}

/** Subcommands behind a hazard on their name. */
function runs(options: string, more: Partial<Program> = {}): Program {
  return {
    options,
    operands: "text",
    ...more,
    examine: (view) => {
      view.hazards.push({ word: view.subcommand, reason: "builds or runs code of the workspace" });
    },
  };
}

export const building: Readonly<Record<string, Program>> = {
  make: {
    options:
      "-b -m -B,--always-make -d --debug=? -i,--ignore-errors -j,--jobs=? -k,--keep-going -l,--load-average,--max-load=? -n,--just-print,--dry-run,--recon -O,--output-sync=? -p,--print-data-base -q,--question -r,--no-builtin-rules -R,--no-builtin-variables -s,--silent,--quiet --no-silent -S,--no-keep-going,--stop -t,--touch --trace -v,--version -w,--print-directory --no-print-directory --warn-undefined-variables -h,--help !-C,--directory= !-e,--environment-overrides !-E,--eval= !-f,--file,--makefile= !-I,--include-dir= !-o,--old-file,--assume-old= !-W,--what-if,--new-file,--assume-new=",
    // `-j 4`: make takes the number from the next word. `VAR=value` can replace any command of the Makefile.
    examine: (view) => {
      for (const { text, word } of view.operands)
        if (text?.includes("=") ?? true) view.hazards.push({ word, reason: "sets a variable of the Makefile" });
    },
  },
  cmake: {
    options:
      "--version --help !-P= !-E !-S= !-B= !-D= !-C= !-G= !-U= !--build= !--install= !--preset=? !-T= !-A= !--toolchain= !--open= !--workflow=?",
    operands: "code",
  },
  ninja: { options: "-v,--verbose -n -j= -k= -d= -t=@code --version --quiet !-f= !-C=", operands: "text" },
  cargo: {
    options: "-V,--version -h,--help --list -q,--quiet -v,--verbose --color= --frozen --locked --offline --explain= !-Z= !--config= !-C=",
    subcommands: {
      "test t build b check c clippy bench doc": runs(CARGO_BUILD),
      "tree metadata pkgid": looks(
        `${CARGO_BUILD} -i,--invert= -d,--duplicates -e,--edges= --depth= --prefix= --no-dedupe --format-version= --no-deps --filter-platform= -f,--format= --charset= --prune=`,
      ),
      "version help locate-project read-manifest verify-project": looks("-v,--verbose --workspace --message-format="),
      fmt: {
        options: "--check --all -p,--package= -q,--quiet -v,--verbose !--manifest-path=",
        operands: "code",
        examine: (view) => {
          if (!view.words.includes("--check")) view.hazards.push({ word: view.subcommand, reason: "rewrites source files" });
        },
      },
    },
  },
  go: {
    subcommands: {
      "test build vet": runs(GO_BUILD, { singleDash: true }),
      list: { options: `${GO_BUILD} -f= -json=? -m -u -deps -e -test -find -versions -retracted -export -compiled`, singleDash: true },
      version: { options: "-m -v", singleDash: true, operands: "read" },
      env: { options: "-json -changed !-w !-u", singleDash: true },
      doc: { options: "-all -c -cmd -short -src -u", singleDash: true },
    },
  },
  gofmt: { options: "-d -e -l -s -r= !-w !-cpuprofile=", singleDash: true, operands: "read", bare: "input", set: "read-basic" },
  rustc: { options: "-V,--version -h,--help --explain= --print=", operands: "code" },
  "gcc g++ cc c++ clang clang++ tcc": { options: "-v,--version --help", operands: "code" },
  javac: { options: "-version --version -help --help", singleDash: true, operands: "code" },
  "mvn mvnw gradle gradlew ant sbt bazel buck rake rails bundle mix rebar3 stack cabal dotnet msbuild swiftc xcodebuild meson scons tox nox invoke fab just task grunt gulp webpack rollup vite esbuild parcel turbo nx lerna next nuxt astro ng storybook playwright cypress wrangler serverless":
    { options: "-v,--version -h,--help -V", operands: "code" },
};
