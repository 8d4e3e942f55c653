/** Hosts in the words of network programs. */
import type { Word } from "../types.ts";
import type { View } from "./view.ts";

const PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, ftp: 21, ftps: 990, ssh: 22, git: 9418, ws: 80, wss: 443, dns: 53 };

/** `https://host/path` as a request; a word that names no plain host is a hazard. `scheme` is assumed where the word has none. */
export function addUrl(view: View, text: Word, at: number, scheme = "http", method = "GET"): void {
  const full = text === null ? "" : /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${scheme}://${text}`;
  let url: URL;
  try {
    url = new URL(full);
  } catch {
    // Expected of a caller's text.
    view.hazards.push({ word: at, reason: "not a plain address" });
    return;
  }
  const name = url.protocol.slice(0, -1);
  if (name === "file") {
    view.paths.push({ op: "read", path: decodePath(url.pathname) });
    return;
  }
  // The URL parser folds the host (IDNA, case, numbers) for web schemes only: read the rest as https for that.
  let host: string;
  try {
    host = new URL(`https://${url.host}`).hostname;
  } catch {
    host = ""; // no host that a door would dial: a hazard below
  }
  const port = url.port === "" ? PORTS[name] : Number(url.port);
  if (host === "" || port === undefined || url.host.startsWith("-")) {
    view.hazards.push({ word: at, reason: `an address of kind \`${name}\`` });
    return;
  }
  view.urls.push({ kind: "url", method, scheme: name, host: host.replace(/^\[|\]$/g, "").replace(/\.$/, ""), port });
}

function decodePath(path: string): Word {
  try {
    return decodeURIComponent(path);
  } catch {
    return null; // a path that isn't known, which no rule can allow
  }
}
