import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const RELEASE = "trixie";
const PLACE = "/var/tmp/portcullis-setpriv";

/**
 * Sets PORTCULLIS_TEST_SETPRIV to words that start a setpriv of util-linux 2.41: the installed one, or Debian 13's, unpacked aside and run through
 * its own loader, so that nothing of the machine is replaced. The mirror and its key are the machine's own.
 */
export function setup(): void {
  if (process.env["PORTCULLIS_TEST_SETPRIV"] !== undefined) return;
  process.env["PORTCULLIS_TEST_SETPRIV"] = (understands(["/usr/bin/setpriv"]) ? ["/usr/bin/setpriv"] : unpacked()).join(" ");
}

function words(directory: string): string[] {
  const loader = readdirSync(directory).find((name) => name.startsWith("ld-linux")) ?? "";
  return [join(directory, loader), "--library-path", directory, join(PLACE, "root/usr/bin/setpriv")];
}

function unpacked(): string[] {
  const library = readLibrary();
  if (existsSync(library) && understands(words(library))) return words(library);
  fetchPackages();
  return words(library);
}

function readLibrary(): string {
  return join(PLACE, "root/usr/lib", process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu");
}

function understands(setpriv: readonly string[]): boolean {
  try {
    const [program = "", ...args] = setpriv;
    return execFileSync(program, [...args, "--help"]).includes("--seccomp-filter");
  } catch {
    return false;
  }
}

function fetchPackages(): void {
  const apt = (...args: string[]): string =>
    execFileSync("apt-get", args, {
      cwd: PLACE,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", APT_CONFIG: join(PLACE, "apt.conf") },
    }).toString();
  for (const directory of ["lists/partial", "cache/archives/partial", "root"]) mkdirSync(join(PLACE, directory), { recursive: true });
  const mirror = execFileSync("apt-get", ["indextargets", "--format", "$(SITE)", "Created-By: Packages"])
    .toString()
    .split("\n")
    .find((site) => site.endsWith("/debian"));
  if (mirror === undefined) throw new Error("this machine's apt knows no Debian mirror to take a newer setpriv from");
  writeFileSync(join(PLACE, "sources.list"), `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror} ${RELEASE} main\n`);
  const settings = { "Etc::SourceList": "sources.list", "Etc::SourceParts": "none", "State::Lists": "lists", Cache: "cache" };
  const lines = Object.entries(settings).map(([key, value]) => `Dir::${key} "${join(PLACE, value)}";`);
  writeFileSync(join(PLACE, "apt.conf"), [...lines, 'Dir::State::status "/dev/null";', 'APT::Sandbox::User "root";', ""].join("\n"));
  apt("update");
  apt("download", "util-linux", "libcap-ng0", "libc6");
  for (const name of readdirSync(PLACE).filter((name) => name.endsWith(".deb")))
    execFileSync("dpkg-deb", ["-x", join(PLACE, name), join(PLACE, "root")]);
}
