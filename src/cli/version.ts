import { readVersion } from "../config/state.ts";

declare const PORTCULLIS_VERSION: string | undefined;

/** The version of the package: stamped into the bundle, read from package.json when run from source. */
export function packageVersion(): string {
  return readVersion(
    typeof PORTCULLIS_VERSION === "undefined" ? undefined : PORTCULLIS_VERSION,
    new URL("../../package.json", import.meta.url),
  );
}
