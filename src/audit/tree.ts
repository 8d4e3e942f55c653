/**
 * The Merkle tree of RFC 6962 section 2.1, grown leaf by leaf. Only the *frontier* is kept: the roots of the complete subtrees, largest first,
 * one for each bit that is set in the size. That is all that is needed to append and to compute the root.
 */
import { sha256 } from "./chain.ts";

const pair = Buffer.alloc(65, 1);

/** The hash of an inner node: `SHA-256(0x01 || left || right)`. */
function nodeOf(left: Uint8Array, right: Uint8Array): Buffer {
  pair.set(left, 1);
  pair.set(right, 33);
  return sha256(pair);
}

/** A Merkle tree that grows by appending leaves. */
export class Tree {
  #size: number;
  readonly #frontier: Buffer[];

  /** The empty tree, or the one that a kept size and frontier describe. Throws when the two don't fit. */
  constructor(size = 0, frontier: readonly Buffer[] = []) {
    let bits = 0;
    for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
    if (!Number.isSafeInteger(size) || size < 0 || bits !== frontier.length || frontier.some((node) => node.length !== 32)) {
      throw new Error(`a tree of ${size} leaves does not have a frontier of ${frontier.length} nodes`);
    }
    this.#size = size;
    this.#frontier = [...frontier];
  }

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  get frontier(): readonly Buffer[] {
    return this.#frontier;
  }

  /** Appends one leaf hash (32 bytes). */
  append(leaf: Buffer): void {
    let node = leaf;
    // Arithmetic, not bit operations: a log may outgrow 32 bits.
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const left = this.#frontier.pop();
      if (left === undefined) throw new Error("the frontier is shorter than its size says");
      node = nodeOf(left, node);
    }
    this.#frontier.push(node);
    this.#size += 1;
  }

  /** The root hash over all leaves; of the empty tree the hash of the empty string. */
  root(): Buffer {
    const [last, ...larger] = [...this.#frontier].reverse();
    if (last === undefined) return sha256("");
    return larger.reduce((root, left) => nodeOf(left, root), last);
  }
}
