/** Elements without content (WHATWG HTML, 13.1.2). */
export const VOID: ReadonlySet<string> = new Set(
  "area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr".split(" "),
);

/** Elements whose start closes an open paragraph (13.2.6.4.7). They break the line. */
export const BLOCKS: ReadonlySet<string> = new Set(
  (
    "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup " +
    "hr main menu nav ol p pre search section summary table ul"
  ).split(" "),
);

export const HEADINGS: readonly string[] = ["h1", "h2", "h3", "h4", "h5", "h6"];

/** Elements that an end tag of an inner kind can't close ("special", 13.2.4.2). */
export const SPECIAL: ReadonlySet<string> = new Set([
  ...BLOCKS,
  ..."body button caption colgroup dd dt head html li marquee math noscript object select svg tbody td template tfoot th thead title tr".split(
    " ",
  ),
]);

/** Elements that end the search for one to close ("scope", 13.2.4.2). */
export const SCOPES: ReadonlySet<string> = new Set("applet button caption html marquee object svg math table td template th".split(" "));

/** Table parts look for their partner up to the table itself. */
export const TABLE_PARTS: ReadonlySet<string> = new Set("caption table tbody td tfoot th thead tr".split(" "));

/** Elements that are closed through others (the adoption agency, 13.2.6.4.7). */
export const FORMATTING: ReadonlySet<string> = new Set("a b big code em font i nobr s small strike strong tt u".split(" "));

/** Start tags that end an svg or math context (13.2.6.5). */
export const BREAKS_OUT: ReadonlySet<string> = new Set([
  ...BLOCKS,
  ..."b big body br code dd dt em embed head i img li meta nobr ruby s small span strong strike sub sup tt u var".split(" "),
]);

/** Inside svg and math, where HTML goes on (13.2.6). */
export const INTEGRATION: ReadonlySet<string> = new Set("foreignobject desc title mi mo mn ms mtext annotation-xml".split(" "));

/** Elements whose content no browser with scripts shows as text of the page. */
export const UNSEEN: ReadonlySet<string> = new Set(
  (
    "annotation annotation-xml applet audio canvas datalist frameset head iframe map meter noembed noframes noscript object " +
    "progress rp script select style svg template title video"
  ).split(" "),
);

/** Start tags that close an open sibling, as long as no container of theirs lies between. */
export const SIBLINGS: ReadonlyMap<string, { readonly closes: readonly string[]; readonly within: readonly string[] }> = new Map([
  ["li", { closes: ["li"], within: ["ul", "ol", "menu"] }],
  ["dt", { closes: ["dt", "dd"], within: ["dl"] }],
  ["dd", { closes: ["dt", "dd"], within: ["dl"] }],
  ["td", { closes: ["td", "th"], within: ["table", "tr"] }],
  ["th", { closes: ["td", "th"], within: ["table", "tr"] }],
  ["tr", { closes: ["tr"], within: ["table"] }],
  ["tbody", { closes: ["tbody", "thead", "tfoot"], within: ["table"] }],
  ["thead", { closes: ["tbody", "thead", "tfoot"], within: ["table"] }],
  ["tfoot", { closes: ["tbody", "thead", "tfoot"], within: ["table"] }],
]);
