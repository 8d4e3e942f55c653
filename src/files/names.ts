/** Names that other systems read as the same: a deny rule for `.env` must also meet what Windows or macOS would open as `.env`. Pure. */

/** Zero-width, bidi and other code points that HFS+ and people don't see (CVE-2014-9390: `.g\u200cit`). */
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;
/** Extensions that 8.3 names cut to three letters. */
const CUT: Record<string, string> = { jso: "json", yam: "yaml", tom: "toml", tfs: "tfstate" };

/** What a path must have to be read in another way: a tilde, a stream, something beyond ASCII, or a name that ends in a dot or a space. */
const UNUSUAL = /[~:\u0080-\u{10ffff}]|[. ](?:\/|$)/u;
const NONE: readonly string[] = [];
/** The only name whose colon starts no stream. */
const DRIVE = /^[A-Za-z]:$/;

/**
 * Other readings of a path that deny rules are matched against as well; `[]` for most paths. Each name without ignorable code points, in
 * NFC, without an alternate data stream (`:$DATA`), without trailing dots and spaces (Win32 drops them); then with 8.3 short names undone
 * as far as they can be (`git~1` is `.git`; https://learn.microsoft.com/windows/win32/fileio/naming-a-file). Case is the matcher's matter.
 */
export function equivalentPaths(path: string): readonly string[] {
  // A search asks this of every hit, and hardly any path has what the rest looks for.
  if (!UNUSUAL.test(path)) return NONE;
  const names = path.split("/");
  const folded = names.map((name, index) => (index === 0 && DRIVE.test(name) ? name : fold(name)));
  const long = folded.map(lengthen);
  const readings = new Set([folded.join("/"), long.join("/")]);
  readings.delete(path);
  return [...readings];
}

function fold(name: string): string {
  const seen = name.replace(IGNORABLE, "").normalize("NFC");
  const stream = seen.indexOf(":", 1);
  const bare = (stream === -1 ? seen : seen.slice(0, stream)).replace(/[. ]+$/, "");
  return bare === "" ? name : bare;
}

/** A short name loses leading dots and keeps six letters and three of the extension. */
function lengthen(name: string): string {
  const short = /^([^~.]{1,6})~\d(?:\.([^.]{1,3}))?$/.exec(name);
  if (short === null) return name;
  const extension = short[2] === undefined ? "" : `.${CUT[short[2].toLowerCase()] ?? short[2]}`;
  return `.${completed(short[1] ?? "")}${extension}`;
}

/** Names of the built-in floor that are longer than six letters after their dot. */
const LONGER = ["gitmodules", "gitattributes", "git-credentials", "bash_profile", "bash_login", "bash_logout", "zprofile"];

function completed(stem: string): string {
  if (stem.length < 6) return stem;
  return LONGER.find((name) => name.startsWith(stem.toLowerCase())) ?? stem;
}
