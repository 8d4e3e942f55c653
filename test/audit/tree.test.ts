import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leafOf } from "../../src/audit/chain.ts";
import { Tree } from "../../src/audit/tree.ts";

// Leaves and roots of the reference tests of Certificate Transparency (google/certificate-transparency, merkletree tests; the same in golang.org/x/mod/sumdb/tlog).
const LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const sha = (...parts: readonly Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();

/** MTH of RFC 6962 section 2.1, word for word: recursive, with the split at the largest power of two below n. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha();
  if (leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha(Buffer.of(1), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

describe("the Merkle tree", () => {
  test.each(ROOTS.map((root, size) => ({ size, root })))("of the first $size reference leaves has the published root", ({ size, root }) => {
    const tree = new Tree();
    for (const leaf of LEAVES.slice(0, size)) tree.append(leafOf(Buffer.from(leaf, "hex")));
    expect({ size: tree.size, root: tree.root().toString("hex") }).toEqual({ size, root });
  });

  test("has the root that the recursive definition of RFC 6962 gives", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 70 }), (bodies) => {
        const tree = new Tree();
        for (const body of bodies) tree.append(leafOf(body));
        expect(tree.root()).toEqual(rootOf(bodies.map((body) => sha(Buffer.of(0), body))));
      }),
    );
  });

  test("goes on from its size and frontier as if it had never stopped", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(50), (before, after) => {
        const whole = new Tree();
        for (let n = 0; n < before; n += 1) whole.append(leafOf(Buffer.of(n)));
        const resumed = new Tree(whole.size, [...whole.frontier]);
        for (let n = 0; n < after; n += 1) {
          whole.append(leafOf(Buffer.of(n)));
          resumed.append(leafOf(Buffer.of(n)));
        }
        expect({ size: resumed.size, root: resumed.root() }).toEqual({ size: whole.size, root: whole.root() });
      }),
    );
  });

  test.each([
    { name: "too short for its size", size: 3, nodes: 1, length: 32 },
    { name: "too long for its size", size: 4, nodes: 2, length: 32 },
    { name: "of nodes that are no hashes", size: 1, nodes: 1, length: 31 },
    { name: "of a size that is no count", size: -1, nodes: 0, length: 32 },
    { name: "of a broken size", size: 1.5, nodes: 1, length: 32 },
  ])("refuses a frontier $name", ({ size, nodes, length }) => {
    const frontier = Array.from({ length: nodes }, () => Buffer.alloc(length));
    expect(() => new Tree(size, frontier)).toThrow(`a tree of ${size} leaves does not have a frontier of ${nodes} nodes`);
  });
});
