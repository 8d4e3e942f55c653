/** What an address in markup can do when it is loaded or clicked. */

/** Stays on its own page: no scheme, no host, nothing that could be one after decoding (CommonMark decodes entities and escapes). */
const LOCAL = /^(?![/\\]{2})[\w.~/%#?=+,-]*$/;
const SCRIPT = /^[\s\0-\x1f]*(?:j\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t|vbscript|data|file|blob)\s*(?::|&colon;|&#0*58;?|&#x0*3a;?|%3a)/i;

/** True for an address that loads nothing from elsewhere. */
export function isLocal(address: string): boolean {
  return LOCAL.test(address);
}

/** True for an address that runs code or opens a file. */
export function runsCode(address: string): boolean {
  return SCRIPT.test(address);
}

/** The host an address leads to, lower case; empty if there is none. */
export function hostOf(address: string): string {
  return (
    /^(?:[a-z][a-z0-9+.-]{0,20}:)?(?:\/\/|\\\\|\/\\|\\\/)(?:[^/?#@\s]{0,200}@)?([\w.-]{1,253})/i.exec(address)?.[1]?.toLowerCase() ?? ""
  );
}

/** `https://` becomes `hxxps://`, as reports of malware write it: readable, and no link to any client. The length stays. */
export function breakAddress(text: string): string {
  return text.replace(/\bhttp(?=s?:\/\/)/gi, "hxxp");
}
