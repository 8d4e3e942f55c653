/** Who is calling over HTTP: API keys of the main database. */
import { randomBytes } from "node:crypto";
import { openDatabase } from "../audit/database.ts";
import { join } from "node:path";
import { openKeys } from "../session/keys.ts";
import type { Doorman } from "../transport/http/app.ts";

export function openDoorman(state: string): Doorman & { lets(): boolean } {
  const keys = openKeys(openDatabase(join(state, "portcullis.db")), randomBytes);
  return {
    authenticate: async (authorization) => {
      const [, token = ""] = /^bearer +(\S+)$/i.exec(authorization ?? "") ?? [];
      const found = keys.find(token, Date.now());
      if (!found) return { kind: "unknown", error: "invalid_token", description: "a key is needed" };
      return {
        kind: "known",
        principal: { id: `key:${found.name}`, key: found.name, scopes: found.scopes, ...(found.role ? { role: found.role } : {}) },
      };
    },
    lets: () => keys.anyInForce(Date.now()),
    challenge: () => "Bearer",
    metadata: (base) => ({ resource: `${base}/mcp` }),
  };
}
