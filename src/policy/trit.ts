/** Does a rule match? Maybe: a word not known before it runs, or a path that can't be resolved. */
export type Trit = 0 | 1 | 2;

export const NO: Trit = 0;
export const MAYBE: Trit = 1;
export const YES: Trit = 2;

/** Both must hold. */
export function both(a: Trit, b: Trit): Trit {
  return a < b ? a : b;
}

/** Either may hold. */
export function either(a: Trit, b: Trit): Trit {
  return a > b ? a : b;
}
