import { expect, test } from "vitest";
import { parseChecksumFile } from "./checksum-file.ts";
import { recogniseFile } from "./recognise-file.ts";

test.each([
  ["XBTUSD_60.csv", "kraken", "BTC-USD", "1h"],
  ["/data/kraken/XBTUSDC_1.2023Q1.csv", "kraken", "BTC-USDC", "1m"],
  ["ETHUSD_720.csv", "kraken", "ETH-USD", "12h"],
  ["BTCUSDT-1m-2023-03-24.zip", "binance", "BTC-USDT", "1m"],
  ["BTCUSDT-1mo-2023-03.zip", "binance", "BTC-USDT", "1M"],
  ["NEARUSDT-1m-2026-02.first1440rows.csv", "binance", "NEAR-USDT", "1m"],
])("%s says what it is", (name, format, symbol, timeframe) => {
  expect(recogniseFile(name)).toMatchObject({ format, source: format, symbol, timeframe });
});

test.each([
  ["candles.csv", "csv"],
  ["XBTUSD_7.csv", "csv"],
  ["BTCUSDT-1s-2023-03.zip", "csv"],
  ["candles.PARQUET", "parquet"],
])("%s says no series", (name, format) => {
  expect(recogniseFile(name)).toEqual({ format });
});

test("a market whose name can be read in two ways has no symbol", () => {
  expect(recogniseFile("STUSD_60.csv")).toEqual({
    format: "kraken",
    source: "kraken",
    market: "STUSD",
    timeframe: "1h",
  });
});

test("a checksum file says hash and name", () => {
  const sha256 = "Ab".repeat(32);
  expect(parseChecksumFile(`${sha256}  BTCUSDT-1m-2023-03.zip\n`)).toEqual({
    sha256: sha256.toLowerCase(),
    name: "BTCUSDT-1m-2023-03.zip",
  });
  expect(parseChecksumFile("nothing")).toBeUndefined();
});
