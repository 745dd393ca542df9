import type { Candle } from "@candlehouse/shared/core/candle";
import type { CandleWindow } from "@candlehouse/shared/core/collect-window";
import type { CandleMessage } from "@candlehouse/shared/queue/candle-message";
import { expect, test } from "vitest";
import { sendUnstored } from "./send-unstored.ts";

const START = 1_700_000_040;

function candleAt(minute: number, close = 10): Candle {
  const timestamp = START + minute * 60;
  return { timestamp, open: 10, high: 11, low: 9, close, volume_from: 1, volume_to: 1, trades: 1 };
}

test("new candles are awaited; restated and faulty ones are sent, and not waited for", async () => {
  const window: CandleWindow = {
    kind: "catch_up",
    symbol: "BTC-USDT",
    nativeSymbol: "BTCUSDT",
    timeframe: "1m",
    start: START,
    end: START + 240,
    watermark: START + 600,
    askedUntil: null,
    failureCount: 0,
  };
  const candles = [candleAt(0), candleAt(1, 10.5), candleAt(2), candleAt(3, 12)];
  const page = { candles, coveredStart: START, coveredEnd: START + 240, usedWeight: null };
  const sent: CandleMessage[] = [];
  const { windows } = await sendUnstored("binance", [{ window, page }], {
    readStored: async () =>
      [0, 1].map((minute) => ({ symbol: "BTC-USDT", timeframe: "1m", ...candleAt(minute) })),
    queue: {
      sendBatch: async (messages) => {
        sent.push(...[...messages].map(({ body }) => body));
      },
    },
    nowMs: () => (START + 3_600) * 1_000,
    sleep: async () => undefined,
  });
  expect(windows).toEqual([{ window, page, unstored: 3, awaited: 1 }]);
  expect(sent.flatMap((message) => message.candles.map(([, , timestamp]) => timestamp))).toEqual(
    [1, 2, 3].map((minute) => START + minute * 60),
  );
});
