import { afterEach, describe, expect, test, vi } from "vitest";
import { createClient, type StreamEvent } from "../src/index.ts";
import { answerWith, problem, type Reply } from "./answer-with.ts";

const SERIES = "binance:BTC-USDT:1m";

function candle(timestamp: number): string {
  return `event: candle\nid: ${timestamp}\ndata: {"source":"binance","symbol":"BTC-USDT","timeframe":"1m","timestamp":${timestamp},"open":1}\n\n`;
}

/** A stream of `pieces` that then ends, or breaks where `error` says so. */
function events(pieces: readonly string[], error?: Error): Reply {
  return () =>
    new Response(
      new ReadableStream<Uint8Array>({
        async start(controller) {
          for (const piece of pieces) {
            controller.enqueue(new TextEncoder().encode(piece));
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
          if (error === undefined) {
            controller.close();
          } else {
            controller.error(error);
          }
        },
      }),
      { headers: { "content-type": "text/event-stream" } },
    );
}

/** The first `count` events of a stream that gives `replies`; what went wrong, where it did. */
async function takeFrom(replies: readonly Reply[], count: number, lastEventId?: string) {
  const { asked, fetch } = answerWith(...replies);
  const client = createClient({
    baseUrl: "http://localhost:1",
    fetch,
    retryDelaysMs: [1],
  });
  const taken: StreamEvent[] = [];
  for await (const event of client.stream({ series: SERIES }, { lastEventId })) {
    taken.push(event);
    if (taken.length === count) {
      break;
    }
  }
  return {
    taken,
    ids: taken.map(({ id }) => id),
    asked: asked.map(({ target, headers }) => [target, headers.get("last-event-id")]),
  };
}

const silent: Reply = () => new Response(new ReadableStream());

const refused: Reply = () => problem(400, { detail: "no such id", parameter: "last_event_id" });

const RETRY = "retry: 1\n\n";
const TARGET = "/v1/stream?series=binance%3ABTC-USDT%3A1m";

afterEach(() => {
  vi.useRealTimers();
});

describe("a stream", () => {
  test("gives each event with its data, wherever the bytes were cut", async () => {
    const cut =
      `${RETRY}event: ready\nid: 0\ndata: {"series":[]}\n\n: heartbeat\n\n${candle(60)}`.split("");
    const { taken } = await takeFrom([events(cut)], 2);
    expect(taken).toEqual([
      { event: "ready", id: "0", data: { series: [] } },
      {
        event: "candle",
        id: "60",
        data: { source: "binance", symbol: "BTC-USDT", timeframe: "1m", timestamp: 60, open: 1 },
      },
    ]);
  });

  test("goes on behind the last event when it ends", async () => {
    const replies = [events([RETRY, candle(60), candle(120)]), events([candle(180)])];
    const { ids, asked } = await takeFrom(replies, 3);
    expect(ids).toEqual(["60", "120", "180"]);
    expect(asked).toEqual([
      [TARGET, null],
      [TARGET, "120"],
    ]);
  });

  test("goes on behind the last event when it breaks, or is refused for a moment", async () => {
    const replies = [
      events([RETRY, candle(60)], new Error("socket hang up")),
      () => problem(503, { detail: "not now" }),
      () => problem(503, { detail: "not now" }),
      () => problem(429, { detail: "slowly" }),
      events([candle(120)]),
    ];
    const { ids, asked } = await takeFrom(replies, 2);
    expect(ids).toEqual(["60", "120"]);
    expect(asked.at(-1)).toEqual([TARGET, "60"]);
  });

  test("drops an event that was cut off, for it comes again", async () => {
    const replies = [events([RETRY, candle(60), candle(120).trimEnd()]), events([candle(120)])];
    expect((await takeFrom(replies, 2)).ids).toEqual(["60", "120"]);
  });

  test("begins where it is told to", async () => {
    const { asked } = await takeFrom([events([candle(60)])], 1, "7");
    expect(asked).toEqual([[TARGET, "7"]]);
  });

  test("passes over events of a kind that it does not know", async () => {
    const { ids } = await takeFrom([events([`event: news\nid: 1\ndata: x\n\n`, candle(60)])], 1);
    expect(ids).toEqual(["60"]);
  });

  test("ends with a refusal that lasts", async () => {
    await expect(takeFrom([refused], 1)).rejects.toMatchObject({ parameter: "last_event_id" });
    await expect(takeFrom([events([RETRY, candle(60)]), refused], 2)).rejects.toMatchObject({
      status: 400,
    });
  });

  test("is asked for again when it has been silent for longer than heartbeats are apart", async () => {
    vi.useFakeTimers();
    const { asked, fetch } = answerWith(silent, events([candle(60)]));
    const client = createClient({ baseUrl: "http://localhost:1", fetch });
    const next = client.stream({ series: SERIES }).next();
    await vi.advanceTimersByTimeAsync(44_000);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toHaveLength(2);
    expect((await next).value).toMatchObject({ id: "60" });
  });

  test("ends with its signal, also while it waits for a candle", async () => {
    const { fetch } = answerWith(
      (asked) =>
        new Response(
          new ReadableStream({
            start(controller) {
              asked.signal.addEventListener("abort", () => controller.error(asked.signal.reason));
            },
          }),
        ),
    );
    const client = createClient({ baseUrl: "http://localhost:1", fetch });
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 20);
    const stream = client.stream({ series: SERIES }, { signal: controller.signal });
    await expect(stream.next()).rejects.toThrow("enough");
  });
});
