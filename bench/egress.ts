/**
 * Egress, side by side. Ratios of medians, taken in turns so that noise meets both:
 * - fetch of 20 KB from loopback against undici.request with a new agent pinned to the same address (at most 1.5);
 * - HTML to Markdown in MiB/s (at least 20).
 * Run with `node bench/egress.ts`; prints one JSON line a row.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Agent, request } from "undici";
import { openEgress } from "../src/egress/door.ts";
import { htmlToMarkdown } from "../src/egress/html.ts";

const ROUNDS = 400;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** A page as reference pages are: headings, prose, links, lists, a table, code; a tag every 35 to 40 bytes, as in the Rust book. */
function makePage(size: number): string {
  const prose =
    "A paragraph of ordinary words that goes on for a while, so that text is most of it; it&#39;s prose &amp; entities. ".repeat(3);
  const part =
    `<section class="chapter wide" id="section-1"><h3 class="title"><a class="header" href="#section-1">Some heading here</a></h3><p>${prose}` +
    `See <a href="../reference/page.html#part">the page on this part</a> and <em>mind</em> the rest.</p><p class="lead">${prose}</p>` +
    `<ul><li>the first item of a list</li><li style="margin: 0 auto">the second item of the list</li></ul>` +
    `<pre><code class="language-js">let a = 1;\nconst words = prose.split(" ").filter(Boolean);</code></pre>` +
    `<table><tr><th>Name</th><th>Meaning</th></tr><tr><td>one</td><td>the first thing</td></tr></table></section>\n`;
  return `<!doctype html><title>Page</title><style>.x{display:none}</style><body>${part.repeat(Math.ceil(size / part.length))}`;
}

const bodies = { text: { type: "text/plain", body: "word ".repeat(4096) }, html: { type: "text/html", body: makePage(20_480) } };

async function benchFetch(form: "text" | "html"): Promise<void> {
  const { type, body } = bodies[form];
  const server = createServer((_, response) => response.setHeader("content-type", type).end(body)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  const egress = openEgress({ allow: [`127.0.0.1:${port}`], dns: "system", redirects: 5 });
  const { signal } = new AbortController();

  const ours = async (): Promise<unknown> => {
    const eyes = egress.eyes(signal);
    const limits = { timeout: 10_000, bytes: 1024 * 1024 };
    const hands = egress.fetch(eyes, {
      decide: () => ({ effect: "allow", rules: [] }),
      secrets: async () => ({}),
      record: () => undefined,
      limits,
      signal,
    });
    return hands.fetch({ target: eyes.parse(url), method: "GET", headers: {}, raw: false });
  };
  const bare = async (): Promise<unknown> => {
    const dispatcher = new Agent({ connect: { lookup: (_host, _options, found) => found(null, "127.0.0.1", 4) } });
    const answer = await request(url, { dispatcher });
    const text = await answer.body.text();
    await dispatcher.close();
    return text;
  };
  const times: { ours: number[]; bare: number[] } = { ours: [], bare: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    times.ours.push(await timed(ours));
    times.bare.push(await timed(bare));
  }
  server.close();
  const [us, they] = [median(times.ours), median(times.bare)];
  console.log(
    JSON.stringify({ row: `fetch 20 KB ${form}`, ours_ms: us.toFixed(3), undici_ms: they.toFixed(3), ratio: (us / they).toFixed(2) }),
  );
}

function benchHtml(): void {
  const page = makePage(4 * 1024 * 1024);
  const speeds = Array.from({ length: 9 }, () => {
    const start = performance.now();
    htmlToMarkdown(page, "https://site.example/");
    return page.length / 1024 / 1024 / ((performance.now() - start) / 1000);
  });
  const deep = `${"<div>".repeat(50_000)}deep`;
  const start = performance.now();
  htmlToMarkdown(deep, "https://site.example/");
  console.log(
    JSON.stringify({
      row: "html to markdown",
      median_MiB_s: median(speeds).toFixed(1),
      nesting_50000_ms: (performance.now() - start).toFixed(0),
    }),
  );
}

await benchFetch("text");
await benchFetch("html");
benchHtml();
