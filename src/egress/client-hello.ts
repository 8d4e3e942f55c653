/** What the first bytes of a TLS client say. `more`: not all there yet. `other`: no TLS, or a hello whose server name can't be read for certain. */
export type Hello =
  | { readonly kind: "more" }
  | { readonly kind: "other"; readonly why: string }
  | { readonly kind: "hello"; readonly serverName: string | undefined };

const MORE: Hello = { kind: "more" };

/** Record and handshake types, extensions and name type (RFC 8446, 5.1, 4 and 4.2; RFC 6066, 3; RFC 9849 for encrypted client hello). */
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const ENCRYPTED_HELLO = 0xfe0d;
const HOST_NAME = 0;

/** Larger hellos are not met; an attacker's is not waited for. Bytes. */
const LARGEST = 64 * 1024;

function other(why: string): Hello {
  return { kind: "other", why };
}

/** A place in bytes that throws RangeError at the end, as `readUInt8` does. */
class Cursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  number(size: number): number {
    const value = this.#bytes.readUIntBE(this.#at, size);
    this.#at += size;
    return value;
  }

  /** The bytes behind their own length, which is `size` bytes long. */
  vector(size: number): Buffer {
    return this.take(this.number(size));
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError("past the end");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

/** Puts the handshake together out of its records: a hello may be cut into many to hide its name from whoever reads only the first. */
function joinRecords(bytes: Buffer): Buffer | "more" | "other" {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] !== HANDSHAKE || (bytes.length > at + 1 && bytes[at + 1] !== 3))
      return parts.length > 0 && hasAll(parts) ? Buffer.concat(parts) : "other";
    if (bytes.length < at + 5) break;
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > 16_384) return "other";
    if (bytes.length < at + 5 + length) break;
    parts.push(bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
    if (hasAll(parts)) return Buffer.concat(parts);
  }
  return "more";
}

function hasAll(parts: readonly Buffer[]): boolean {
  const whole = Buffer.concat(parts);
  return whole.length >= 4 && whole.length >= 4 + whole.readUIntBE(1, 3);
}

/** Reads the server name (SNI) of a TLS client's first message. */
export function readClientHello(bytes: Buffer): Hello {
  const handshake = joinRecords(bytes);
  if (handshake === "other") return other("no TLS");
  if (handshake === "more") return bytes.length > LARGEST ? other("an oversized hello") : MORE;
  try {
    return readHandshake(handshake);
  } catch {
    return other("a broken hello"); // expected of a stranger's bytes: the cursor ran past their end
  }
}

function readHandshake(handshake: Buffer): Hello {
  const message = new Cursor(handshake);
  if (message.number(1) !== CLIENT_HELLO) return other("no client hello");
  const hello = new Cursor(message.vector(3));
  if (!message.done) return other("more than a hello");
  hello.take(2 + 32); // version, random
  hello.vector(1); // session id
  hello.vector(2); // cipher suites
  hello.vector(1); // compression methods
  if (hello.done) return { kind: "hello", serverName: undefined };
  const extensions = new Cursor(hello.vector(2));
  let serverName: string | undefined;
  while (!extensions.done) {
    const type = extensions.number(2);
    const data = extensions.vector(2);
    if (type === ENCRYPTED_HELLO) return other("an encrypted hello");
    if (type !== SERVER_NAME) continue;
    const names = new Cursor(new Cursor(data).vector(2));
    if (serverName !== undefined || names.number(1) !== HOST_NAME) return other("an unclear server name");
    serverName = names.vector(2).toString("latin1");
    if (!names.done) return other("several server names");
  }
  return { kind: "hello", serverName };
}
