/** Random bytes drawn in bulk: one call into the operating system's generator costs more than most of what they are used for. */
import { randomBytes } from "node:crypto";

const POOL = 8192;

/** Gives `size` bytes from a pool of cryptographically random bytes; no byte is given twice. */
export function pooledRandom(): (size: number) => Buffer {
  let pool = Buffer.alloc(0);
  let next = 0;
  return (size) => {
    if (size > POOL / 8) return randomBytes(size);
    if (next + size > pool.length) {
      pool = randomBytes(POOL);
      next = 0;
    }
    const bytes = Buffer.from(pool.subarray(next, next + size));
    next += size;
    return bytes;
  };
}
