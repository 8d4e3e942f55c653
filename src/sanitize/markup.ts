/**
 * Defuses what a client may act on by showing it: remote images and other elements that fetch (a picture's address can carry data out,
 * CVE-2025-32711), scripts, handlers, and links that say one thing and lead elsewhere. The text of links stays.
 */

/** A text without them, and how often each was met. `changed` ones are no longer in the text; `seen` ones stay and are only flagged. */
export interface Defused {
  readonly text: string;
  readonly found: ReadonlyMap<string, number>;
}

/** An address that stays on its own page: no scheme, no host, nothing that could be one after decoding (CommonMark decodes entities and escapes). */
const LOCAL = /^(?![/\\]{2})[\w.~/%#?=+,-]*$/;
const IMAGE = /!\[([^\]\n]{0,500})\]\(\s*<?([^\s)>]{0,4000})>?[^)\n]{0,500}\)?/g;
const LINK = /\[([^\]\n]{0,500})\]\(\s*<?([^\s)>]{1,4000})>?([^)\n]{0,500})\)/g;
const TAG = /<\/?([a-z][a-z0-9:-]{0,20})((?:\s|\/)(?:"[^"<]{0,2000}"|'[^'<]{0,2000}'|[^"'<>]){0,4000})?>/gi;
const RAW_TEXT = /<(script|style|iframe|object|applet|noembed)\b[^>]{0,2000}>[\s\S]{0,65536}?<\/\1\s*>/gi;

/** Elements that load or run by being there. */
const ALWAYS = /^(?:script|style|iframe|frame|frameset|object|embed|applet|base|portal|noembed)$/i;
const LOADS =
  /\s(?:src|srcset|poster|background|data|href|xlink:href|action|formaction|lowsrc|dynsrc|ping|manifest)\s*=\s*["']?\s*([^\s"'>]{0,2000})/gi;
const LOADERS = /^(?:img|image|video|audio|source|track|link|input|form|button|svg|use|feimage|body|table|td|meta|bgsound|isindex)$/i;
const HANDLER = /[\s/"']on[a-z]{3,20}\s*=\s*(?!\{)/i;
const SCRIPT_URL = /^\s*(?:javascript|vbscript|data|file|blob)\s*(?::|&colon;|&#0*58;|&#x0*3a;)/i;

/** Defuses; `strict` also breaks every link, so that nothing can be clicked by mistake, and template delimiters. */
export function defuse(input: string, strict: boolean): Defused {
  const found = new Map<string, number>();
  const count = (rule: string): void => void found.set(rule, (found.get(rule) ?? 0) + 1);
  let text = input;
  if (text.includes("<")) text = defuseTags(text, count);
  if (text.includes("](") || text.includes("![")) text = defuseMarkdown(text, strict, count);
  if (strict) text = breakLinks(text, count);
  return { text, found };
}

function defuseTags(input: string, count: (rule: string) => void): string {
  const open = input.replace(RAW_TEXT, (_all, name: string) => {
    count("active-element");
    return `(${name.toLowerCase()} removed)`;
  });
  return open.replace(TAG, (tag, name: string, attributes: string | undefined) => {
    const rest = attributes ?? "";
    if (ALWAYS.test(name)) {
      count("active-element");
      return `(${name.toLowerCase()})`;
    }
    if (HANDLER.test(rest) || /\bhttp-equiv\b|\bsrcdoc\b|style\s*=[^>]*(?:url\s*\(|expression\s*\()/i.test(rest)) {
      count("active-element");
      return `(${name.toLowerCase()})`;
    }
    const addresses = [...rest.matchAll(LOADS)].map(([, address]) => address ?? "");
    if (
      addresses.some((address) => SCRIPT_URL.test(address)) ||
      (LOADERS.test(name) && addresses.some((address) => !LOCAL.test(address)))
    ) {
      count("remote-element");
      const host = addresses.map(hostOf).find((found) => found !== "");
      return `(${name.toLowerCase()}${host === undefined ? "" : ` ${host}`})`;
    }
    return tag;
  });
}

function defuseMarkdown(input: string, strict: boolean, count: (rule: string) => void): string {
  const withoutImages = input
    .replace(IMAGE, (all, alt: string, address: string) => {
      if (LOCAL.test(address)) return all;
      count("remote-image");
      return `(image: ${alt}${hostOf(address) === "" ? "" : ` ${hostOf(address)}`})`;
    })
    .replace(/!(?=\[[^\]\n]{0,500}\]\[[^\]\n]{0,200}\])/g, () => {
      count("remote-image");
      return "";
    });
  return withoutImages.replace(LINK, (all, label: string, address: string) => {
    if (SCRIPT_URL.test(address)) {
      count("script-link");
      return label;
    }
    const target = hostOf(address);
    const claimed = hostOf(label.includes("://") ? label : `//${label}`);
    if (
      target !== "" &&
      claimed.includes(".") &&
      claimed !== target &&
      /^(?:https?:\/\/)?[\w-]+(?:\.[\w-]+)+(?:[/:?#]|$)/i.test(label.trim())
    ) {
      count("misleading-link");
      return `${label} <${address.replace(/^http/i, "hxxp")}>`;
    }
    if (target !== "" && /[?&#;][\w.-]*=./.test(address)) count("link-with-data");
    return strict && target !== "" ? `${label} <${address.replace(/^http/i, "hxxp")}>` : all;
  });
}

/** At `strict`: addresses can't be followed, and `{{ }}` can't be filled in by a template engine further on. Lengths stay. */
function breakLinks(input: string, count: (rule: string) => void): string {
  return input.replace(/\bhttp(?=s?:\/\/)/gi, "hxxp").replace(/\{\{|\}\}/g, (braces) => {
    count("template");
    return braces === "{{" ? "{(" : ")}";
  });
}

/** The host an address leads to, in words that no client turns into a link again; empty if there is none. */
function hostOf(address: string): string {
  return /^(?:[a-z][a-z0-9+.-]*:)?(?:\/\/|\\\\)(?:[^/?#@\s]*@)?([\w.-]{1,253})/i.exec(address)?.[1]?.toLowerCase() ?? "";
}
