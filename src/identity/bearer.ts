/** Reads the Authorization header (RFC 9110, 11.6.2; RFC 6750, 2.1). */

/** Characters of a credential: tokens with many groups have a few thousand, and nobody should make us hash more. */
const LONGEST = 8192;

/** `token` is well-formed and worth nothing yet. `absent`: no bearer credential was presented. `malformed`: one was, and it can't be right. */
export type Presented =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "absent"; readonly description: string }
  | { readonly kind: "malformed"; readonly description: string };

/** Exactly one `Bearer` and one token68. Two headers that a server joined with a comma fit no more than two words do. */
export function readBearer(authorization: string | undefined): Presented {
  const remedy = "send one header, Authorization: Bearer KEY";
  const [scheme = "", ...rest] = (authorization ?? "").split(" ");
  const token = rest.join(" ").replace(/^ +/, "");
  if (scheme.toLowerCase() !== "bearer" || token === "") return { kind: "absent", description: `no key or token was sent: ${remedy}` };
  if (token.length > LONGEST) return { kind: "malformed", description: `the key or token is longer than ${LONGEST} characters: ${remedy}` };
  if (!/^[A-Za-z\d._~+/-]+=*$/.test(token))
    return { kind: "malformed", description: `the key or token holds characters that none can have: ${remedy}` };
  return { kind: "token", token };
}
