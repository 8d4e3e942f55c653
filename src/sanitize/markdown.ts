/** Links and images of Markdown. An image's address is taken out where it isn't local; a link's where it runs code or belies its text. */
import { breakAddress, hostOf, isLocal, runsCode } from "./address.ts";
import type { Count } from "./markup.ts";

/** Brackets, addresses behind them, and blank lines, which end everything open. The lookahead takes an address whole, so nothing is tried twice. */
const TOKENS = /!?\[|\](?:\(\s{0,8}<?(?=([^\s)>]{0,2048}))\1)?|\n[ \t]*\n/g;
/** More open brackets than this aren't followed. */
const OPEN = 64;

/** Defuses; `strict` also breaks the address of every other link. */
export function defuseMarkdown(input: string, strict: boolean, count: Count): string {
  const open: { image: boolean; at: number }[] = [];
  const replaced = input.replace(TOKENS, (token: string, address: string | undefined, at: number) => {
    if (token.endsWith("[") && !token.startsWith("]")) {
      if (open.length < OPEN) open.push({ image: token.startsWith("!"), at: at + token.length });
      return token;
    }
    if (!token.startsWith("]")) {
      open.length = 0;
      return token;
    }
    const start = open.pop();
    if (address === undefined || address === "") return token;
    // A bracket that was never opened can still end an image that began before a blank line: better a link too few.
    const label = start === undefined ? "" : input.slice(start.at, at);
    const changed = start?.image === false ? changeLink(label, address, strict, count) : changeImage(address, count);
    return changed === address ? token : token.slice(0, token.length - address.length) + changed;
  });
  // An image by reference becomes a link: its address stands elsewhere in the text.
  return replaced.replace(/!(?=\[[^[\]]{0,300}\]\s?\[[^[\]]{0,200}\])/g, () => {
    count("remote-image");
    return "";
  });
}

function changeImage(address: string, count: Count): string {
  if (isLocal(address)) return address;
  count("remote-image");
  // Without scheme and slashes nothing loads, and the host is still said.
  return hostOf(address).replace(/[^\w.-]/g, "") || "removed";
}

function changeLink(label: string, address: string, strict: boolean, count: Count): string {
  if (runsCode(address)) {
    count("script-link");
    return "removed";
  }
  const target = hostOf(address);
  if (target === "") return address;
  const claimed = /^(?:[a-z]{2,8}:\/\/)?((?:[\w-]{1,63}\.)+[a-z]{2,24})(?:[/:?#]|$)/i.exec(label.trim())?.[1]?.toLowerCase();
  if (claimed !== undefined && claimed !== target) {
    count("misleading-link");
    return breakAddress(address);
  }
  if (/[?&#;][\w.-]{1,100}=./.test(address)) count("link-with-data");
  return strict ? breakAddress(address) : address;
}
