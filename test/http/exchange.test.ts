/** What kind of response a request of an older client gets: JSON, or an event stream. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Exchange } from "../../src/transport/http/exchange.ts";

const answer = { jsonrpc: "2.0" as const, id: 1, result: { value: "x" } };
const told = { jsonrpc: "2.0" as const, method: "notifications/progress", params: { progressToken: 1, progress: 1 } };
const event = (message: object): string => `event: message\ndata: ${JSON.stringify(message)}\n\n`;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("an exchange", () => {
  test.each<[string, (exchange: Exchange) => void, string, string]>([
    ["that is answered at once is JSON", (exchange) => exchange.answer(answer), "application/json", JSON.stringify(answer)],
    [
      "that is told something first is a stream that ends with the answer",
      (exchange) => {
        exchange.tell(told);
        exchange.answer(answer);
      },
      "text/event-stream",
      event(told) + event(answer),
    ],
    [
      "that takes its time is a stream that shows that it is alive",
      (exchange) => {
        vi.advanceTimersByTime(2_000 + 15_000);
        exchange.answer(answer);
      },
      "text/event-stream",
      `: keepalive\n\n${event(answer)}`,
    ],
    ["that is answered just in time is JSON", justInTime, "application/json", JSON.stringify(answer)],
    ["that is cancelled is a stream with nothing in it", (exchange) => exchange.end(), "text/event-stream", ""],
    [
      "that is cancelled after it was told something ends there",
      (exchange) => {
        exchange.tell(told);
        exchange.end();
      },
      "text/event-stream",
      event(told),
    ],
  ])("%s, and leaves no timer", async (_, work, type, body) => {
    const exchange = new Exchange();
    work(exchange);
    const response = await exchange.response;
    expect({ status: response.status, type: response.headers.get("content-type"), body: await response.text() }).toEqual({
      status: 200,
      type,
      body,
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("whose client has gone takes what is still said to it, and leaves no timer", async () => {
    const exchange = new Exchange();
    exchange.tell(told);
    await (await exchange.response).body?.cancel();
    exchange.tell(told);
    exchange.answer(answer);
    expect(vi.getTimerCount()).toBe(0);
  });
});

function justInTime(exchange: Exchange): void {
  vi.advanceTimersByTime(1_999);
  exchange.answer(answer);
}
