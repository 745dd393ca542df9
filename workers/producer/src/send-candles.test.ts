import { QueueUnavailableError } from "@candlehouse/shared/core/errors";
import type { CandleRow } from "@candlehouse/shared/core/candle";
import type { CandleMessage } from "@candlehouse/shared/queue/candle-message";
import { describe, expect, test } from "vitest";
import { packMessages, sendMessages, type CandleQueue } from "./send-candles.ts";

const NOW = 1_795_348_800;

function row(symbol: string, minute: number, high = 2): CandleRow {
  return [symbol, "1m", NOW - 6_000 + minute * 60, 1, high, 0.5, 1.5, 10, null, 3];
}

/** A queue that remembers what it took and does with each call what `behaviour` says. */
function queueThat(behaviour: (call: number) => "take" | "refuse" | "take and refuse"): {
  readonly queue: CandleQueue;
  readonly taken: CandleMessage[];
  readonly calls: () => number;
} {
  const taken: CandleMessage[] = [];
  let calls = 0;
  const sendBatch = (messages: Iterable<MessageSendRequest<CandleMessage>>): Promise<void> => {
    calls += 1;
    const what = behaviour(calls);
    if (what !== "refuse") {
      taken.push(...Array.from(messages, ({ body }) => body));
    }
    return what === "take" ? Promise.resolve() : Promise.reject(new Error("Too Many Requests"));
  };
  return { queue: { sendBatch }, taken, calls: () => calls };
}

const noWait = (): Promise<void> => Promise.resolve();

describe("packMessages", () => {
  test("fills messages of ten across the series of a source", () => {
    const rows = Array.from({ length: 13 }, (_, index) => row(`T${index}-USDT`, 0));
    const messages = packMessages("binance", "cron", rows, NOW);
    expect(messages.map(({ candles }) => candles.length)).toEqual([10, 3]);
    expect(messages.flatMap(({ candles }) => candles)).toEqual(rows);
    expect(messages[0]).toMatchObject({ v: 1, source: "binance", origin: "cron" });
  });

  test("sends candles that can never be stored apart from the good ones", () => {
    const good = Array.from({ length: 3 }, (_, minute) => row("BTC-USDT", minute));
    const impossible = row("BTC-USDT", 9, 0.1);
    const messages = packMessages(
      "binance",
      "cron",
      [...good, impossible, row("BTC-USDT", 5)],
      NOW,
    );
    expect(messages.map(({ candles }) => candles)).toEqual([
      [...good, row("BTC-USDT", 5)],
      [impossible],
    ]);
  });

  test("makes no message of nothing", () => {
    expect(packMessages("binance", "cron", [], NOW)).toEqual([]);
  });
});

describe("sendMessages", () => {
  const rows = Array.from({ length: 2_010 }, (_, minute) => row("BTC-USDT", minute % 90));
  const messages = packMessages("binance", "trigger", rows, NOW);

  test("sends two thousand and ten candles in three calls", async () => {
    const { queue, taken, calls } = queueThat(() => "take");
    await sendMessages(queue, messages, noWait);
    expect([calls(), taken]).toEqual([3, messages]);
  });

  test("repeats a call that the queue refused", async () => {
    const { queue, taken } = queueThat((call) => (call === 2 ? "refuse" : "take"));
    await sendMessages(queue, messages, noWait);
    expect(taken).toEqual(messages);
  });

  test("repeats a call that was taken and reported as refused: storing twice changes nothing", async () => {
    const { queue, taken } = queueThat((call) => (call === 1 ? "take and refuse" : "take"));
    await sendMessages(queue, messages, noWait);
    expect(taken).toEqual([...messages.slice(0, 100), ...messages]);
  });

  test("gives up after three refusals in a row, with an error that may be retried", async () => {
    const waits: number[] = [];
    const { queue, calls } = queueThat(() => "refuse");
    const sent = sendMessages(queue, messages, (ms) => {
      waits.push(ms);
      return Promise.resolve();
    });
    await expect(sent).rejects.toBeInstanceOf(QueueUnavailableError);
    await expect(sent).rejects.toMatchObject({ retryable: true });
    expect([calls(), waits]).toEqual([3, [200, 400]]);
  });
});
