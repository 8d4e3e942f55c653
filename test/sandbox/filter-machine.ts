/** A reader of seccomp filters: runs one on a system call as the kernel would (linux/filter.h), so that both machines' tables can be tested on either. */

export interface SystemCall {
  readonly arch: number;
  readonly number: number;
  readonly args: readonly bigint[];
}

export type Verdict = "allow" | "kill" | `errno ${number}`;

export function judge(filter: Buffer, call: SystemCall): Verdict {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call.number, 0);
  data.writeUInt32LE(call.arch, 4);
  call.args.forEach((value, index) => data.writeBigUInt64LE(BigInt.asUintN(64, value), 16 + 8 * index));
  let accumulator = 0;
  for (let at = 0; at * 8 < filter.length; at++) {
    const [code, yes, no, k] = [
      filter.readUInt16LE(at * 8),
      filter.readUInt8(at * 8 + 2),
      filter.readUInt8(at * 8 + 3),
      filter.readUInt32LE(at * 8 + 4),
    ];
    if (code === 0x20) accumulator = data.readUInt32LE(k);
    else if (code === 0x15) at += accumulator === k ? yes : no;
    else if (code === 0x25) at += accumulator > k ? yes : no;
    else if (code === 0x45) at += (accumulator & k) === 0 ? no : yes;
    else if (code === 0x06) return verdictOf(k);
    else throw new Error(`instruction ${at} has the unknown code ${code}`);
  }
  throw new Error("the filter ended without a verdict");
}

function verdictOf(k: number): Verdict {
  if (k === 0x7fff0000) return "allow";
  if (k === 0x80000000) return "kill";
  return `errno ${k & 0xffff}`;
}
