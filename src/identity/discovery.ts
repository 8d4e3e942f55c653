/** Where an issuer keeps its keys: its own metadata says so (RFC 8414; OpenID Connect Discovery 1.0). */

/**
 * Fetches a JSON document of the issuer, through the door that lets nothing else be reached. Gives undefined when what is there is no JSON document
 * (another status than 200, a page), and rejects when nothing could be fetched.
 */
export type FetchDocument = (url: string) => Promise<unknown>;

/** Finds the URL of the issuer's keys; whether it may be fetched is the door's to say. Rejects with an Error that says what an operator can do. */
export async function discoverKeys(issuer: string, fetch: FetchDocument): Promise<string> {
  for (const place of metadataUrls(issuer)) {
    const document = await fetch(place);
    if (!isObject(document) || document.issuer !== issuer) continue; // RFC 8414, 3.3: it must name itself exactly
    const { jwks_uri: keys } = document;
    if (typeof keys !== "string" || !URL.canParse(keys)) throw new Error("the issuer's metadata names no keys: set auth.jwks to their URL");
    return keys;
  }
  throw new Error(
    "no metadata was found that names the issuer exactly as auth.issuer does: correct it, or set auth.jwks to the URL of its keys",
  );
}

/** The well-known places in the order that the MCP specification gives them: before the issuer's path, then behind it. */
function metadataUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  const places = ["oauth-authorization-server", "openid-configuration"].map((name) => `${origin}/.well-known/${name}${path}`);
  return path === "" ? places : [...places, `${origin}${path}/.well-known/openid-configuration`];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
