import { expect, test } from "vitest";
import { splitMarketName } from "./market-name.ts";

test.each([
  ["XBTUSD", "BTC-USD"],
  ["XXBTZUSD", "BTC-USD"],
  ["XETHXXBT", "ETH-BTC"],
  ["XDGUSD", "DOGE-USD"],
  ["XBTUSDC", "BTC-USDC"],
  ["BTCUSDT", "BTC-USDT"],
  ["ETHBTC", "ETH-BTC"],
  ["XTZUSD", "XTZ-USD"],
  ["1INCHUSDT", "1INCH-USDT"],
  ["USDTUSD", "USDT-USD"],
  ["BTC/USD", "BTC-USD"],
  ["eth-eur", "ETH-EUR"],
])("%s is %s", (name, symbol) => {
  expect(splitMarketName(name)).toBe(symbol);
});

test("a name that ends in two currencies is read by an asset that is known", () => {
  expect(splitMarketName("BTCTUSD")).toBe("BTC-TUSD");
  expect(splitMarketName("ETHFDUSD")).toBe("ETH-FDUSD");
});

test.each(["STUSD", "ZZZZ", "USD", "", "BTCUSD_PERP_1", "ÄBTCUSD"])(
  "%s can be read in no way, or in two",
  (name) => {
    expect(splitMarketName(name)).toBeUndefined();
  },
);
