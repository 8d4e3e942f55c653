import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { LineTransport } from "../../src/transport/lines.ts";

/** Feeds chunks to a transport and gives what it answered by itself and what it let through. */
async function feed(...chunks: (string | Buffer)[]) {
  const input = new PassThrough();
  const output = new PassThrough();
  const transport = new LineTransport(input, output);
  const messages: unknown[] = [];
  transport.onmessage = (message) => messages.push(message);
  await transport.start();
  for (const chunk of chunks) input.write(chunk);
  input.end();
  await transport.closed;
  output.end();
  const text = Buffer.concat((await output.toArray()) as Buffer[]).toString();
  const answers = text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { id: unknown; error: { code: number } });
  return { answers: answers.map(({ id, error }) => [id, error.code]), messages };
}

const ping = { jsonrpc: "2.0", id: 1, method: "ping" };

describe("a line on stdin", () => {
  test.each<[string, string, [unknown, number][]]>([
    ["that is no JSON", "hello\n", [[null, -32700]]],
    ["that is cut off", '{"jsonrpc":"2.0"\n', [[null, -32700]]],
    ["that is a batch", `[${JSON.stringify(ping)}]\n`, [[null, -32600]]],
    ["with an object as id", '{"jsonrpc":"2.0","id":{},"method":"ping"}\n', [[null, -32600]]],
    ["with null as id", '{"jsonrpc":"2.0","id":null,"method":"ping"}\n', [[null, -32600]]],
    ["with a number as method", '{"jsonrpc":"2.0","id":1,"method":1}\n', [[1, -32600]]],
    ["of another JSON-RPC version", '{"jsonrpc":"1.0","id":1,"method":"ping"}\n', [[1, -32600]]],
    ["that uses an id which is still running", `${JSON.stringify(ping)}\n${JSON.stringify(ping)}\n`, [[1, -32600]]],
    [
      "that nests too deep",
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":${"[".repeat(99_000)}${"]".repeat(99_000)}}}\n`,
      [[1, -32600]],
    ],
    ["that holds too much", `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":[${"0,".repeat(50_000)}0]}}\n`, [[1, -32600]]],
    ["with a megabyte as id", `{"jsonrpc":"2.0","id":"${"x".repeat(1_000_000)}","method":"ping"}\n`, [[null, -32600]]],
    ["that is empty", "\n  \n", []],
  ])("%s is answered as JSON-RPC says", async (_name, line, expected) => {
    expect((await feed(line)).answers).toEqual(expected);
  });

  test("split anywhere, with CRLF or several in one chunk, is read whole", async () => {
    const text = `${JSON.stringify(ping)}\r\n${JSON.stringify({ ...ping, id: "é" })}\n`;
    const bytes = Buffer.from(text);
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const { messages, answers } = await feed(bytes.subarray(0, cut), bytes.subarray(cut));
      expect(messages).toEqual([ping, { ...ping, id: "é" }]);
      expect(answers).toEqual([]);
    }
  });

  test("over 10 MiB is refused while it is read, and the next one is served", async () => {
    const long = Buffer.alloc(1024 * 1024, "x");
    const { answers, messages } = await feed(...Array.from({ length: 12 }, () => long), `\n${JSON.stringify(ping)}\n`);
    expect(answers).toEqual([[null, -32600]]);
    expect(messages).toEqual([ping]);
  });

  test("with a case variant of a field is read by the exact one", async () => {
    const { messages } = await feed('{"jsonrpc":"2.0","id":1,"Method":"tools/call","method":"ping"}\n');
    expect(messages).toMatchObject([{ method: "ping" }]);
  });

  test("that cancels a request frees its id", async () => {
    const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
    const { answers } = await feed(`${[ping, cancel, ping].map((message) => JSON.stringify(message)).join("\n")}\n`);
    expect(answers).toEqual([]);
  });
});
