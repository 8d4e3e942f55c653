/** What we say of ourselves to those who don't know how to get in: protected resource metadata (RFC 9728) and challenges (RFC 6750, 3). */
import type { Challenge } from "../types.ts";

/** The scope that opens `/metrics`. */
const METRICS_SCOPE = "metrics";

export interface ResourceMetadata {
  readonly resource: string;
  readonly authorization_servers?: readonly string[];
  readonly scopes_supported: readonly string[];
  readonly bearer_methods_supported: readonly ["header"];
}

/** The metadata document. `scopes` are those that the policy's rules name; without an issuer there are only API keys, and nobody to send a client to. */
export function resourceMetadata(resource: string, issuer: string | undefined, scopes: readonly string[]): ResourceMetadata {
  return {
    resource,
    ...(issuer === undefined ? {} : { authorization_servers: [issuer] }),
    scopes_supported: [...new Set([...scopes, METRICS_SCOPE])].toSorted(),
    bearer_methods_supported: ["header"],
  };
}

/** The value of WWW-Authenticate. `metadata` is the URL of the metadata document. */
export function challenge(metadata: string, { error, description, scopes }: Challenge): string {
  const parameters = [
    ["resource_metadata", metadata],
    ["error", error],
    // RFC 6750, 3: without quotes and backslashes. It explains an error, so it doesn't come alone.
    ["error_description", error && description?.replaceAll(/["\\]/g, "'")],
    ["scope", scopes?.join(" ")],
  ].flatMap(([name, value]) => (value ? [`${name}=${quote(value)}`] : []));
  return `Bearer ${parameters.join(", ")}`;
}

/** A quoted-string (RFC 9110, 5.6.4) of visible ASCII and blanks; anything else could end the header or the string. */
function quote(value: string): string {
  return `"${value.replaceAll(/[^\x20-\x7e]/g, "?").replaceAll(/["\\]/g, "\\$&")}"`;
}
