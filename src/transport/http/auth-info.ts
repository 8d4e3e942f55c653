/** How the one who was authenticated travels through the SDK to the handlers. The credential itself goes no further than the door. */
import type { AuthInfo } from "@modelcontextprotocol/server";
import type { Authenticated } from "../mcp.ts";

/** The SDK's form, without the token. `mcp.ts` reads `extra.authenticated`. */
export function authInfoOf(authenticated: Authenticated): AuthInfo {
  const { id, scopes } = authenticated.principal;
  return { token: "", clientId: id, scopes: [...scopes], extra: { authenticated } };
}
