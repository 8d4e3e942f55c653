import { Resolver } from "node:dns/promises";
import { waitFor } from "./resolve.ts";

/** A name that exists nowhere and never will (RFC 6761, 6.4): name servers answer it by themselves. */
export const NOWHERE = "portcullis.invalid";

/** How long all servers together may take (ms). */
const PATIENCE = 4_000;

/** Who was asked, and the answer: `none` as it should be, `some` where one was made up, else the code of what went wrong. */
export interface NameServerAnswer {
  readonly servers: readonly string[];
  readonly answer: "none" | "some" | (string & {});
}

/** Do the name servers of `egress.dns` answer? Asks for a name that tells nobody anything; never throws, and is over in 4 s. */
export async function askNameServers(dns: "system" | readonly string[]): Promise<NameServerAnswer> {
  const resolver = new Resolver({ timeout: 1_500, tries: 1 });
  if (dns !== "system") resolver.setServers(dns);
  const servers = resolver.getServers();
  try {
    await waitFor(resolver.resolve4(NOWHERE), AbortSignal.timeout(PATIENCE));
    return { servers, answer: "some" };
  } catch (error) {
    const { name, code } = error as NodeJS.ErrnoException;
    if (code === "ENOTFOUND" || code === "ENODATA") return { servers, answer: "none" };
    return { servers, answer: name === "TimeoutError" ? "ETIMEOUT" : String(code) };
  } finally {
    resolver.cancel();
  }
}
