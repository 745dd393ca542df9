import { readAsks } from "@candlehouse/shared/d1/asked-ranges";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { archiverAt } from "./archiver-at.ts";
import { csvOf, krakenLine, postImport } from "./import-files.ts";
import { candlesAt, OCTOBER, TODAY } from "./warehouse.ts";

const KRAKEN = { source: "kraken", timeframe: "1m" } as const;
const ALL = { start: OCTOBER, end: OCTOBER + 86_400 };

/** Ten minutes, of which three are not there. */
const lines = candlesAt(0, 10)
  .filter(({ trades }) => ![3, 4, 7].includes(Number(trades)))
  .map(krakenLine);

async function importLines(symbol: string, source: string, rows: readonly string[], more = "") {
  const query = `name=X_1.csv&format=kraken&source=${source}&symbol=${symbol}&timeframe=1m${more}`;
  const { report } = await postImport(archiverAt().context, query, csvOf(rows));
  return report.state;
}

test("a source's own file answers for all that lies between its first and its last candle", async () => {
  expect(await importLines("BTC-USD", "kraken", lines)).toBe("complete");
  expect(await readAsks(env.DB, { ...KRAKEN, symbol: "BTC-USD" }, ALL)).toEqual([
    {
      start: OCTOBER,
      end: OCTOBER + 600,
      outcome: "answered",
      found: 7,
      absent: 3,
      rejected: [],
      code: null,
      reason: "the file X_1.csv has none",
      askedAt: TODAY,
    },
  ]);
});

test("rejected rows are named by their times, and the rest of the file answers all the same", async () => {
  const symbol = "ETH-USD";
  const [first = ""] = lines;
  const contradiction = first.replace(/,[^,]*$/, ",99");
  const rejected = [`${OCTOBER + 180},1,2,3,4,5,6`, contradiction, `${TODAY},1,1,1,1,1,1`];
  expect(await importLines(symbol, "kraken", [...lines, ...rejected, first])).toBe("complete");
  expect(await readAsks(env.DB, { ...KRAKEN, symbol }, ALL)).toMatchObject([
    { start: OCTOBER, end: OCTOBER + 600, found: 7, absent: 2, rejected: [OCTOBER + 180] },
  ]);
});

test("a file of which it is not known what was rejected, and one of another source, answer for nothing", async () => {
  const many = candlesAt(20, 121).map(({ timestamp }) => `${timestamp},1,2,3,4,5,6`);
  const names = {
    "ADA-USD": [`${OCTOBER + 181},1,1,1,1,1,1`],
    "DOT-USD": ["x,1"],
    "XRP-USD": many,
  };
  for (const [symbol, bad] of Object.entries(names)) {
    expect(await importLines(symbol, "kraken", [...lines, ...bad])).toBe("complete");
    expect(await readAsks(env.DB, { ...KRAKEN, symbol }, ALL)).toEqual([]);
  }
  expect(await importLines("SOL-USD", "binance", lines)).toBe("complete");
  const other = { source: "binance", timeframe: "1m", symbol: "SOL-USD" } as const;
  expect(await readAsks(env.DB, other, ALL)).toEqual([]);
});

test("a part of a file answers from where the part before it ended", async () => {
  const symbol = "LTC-USD";
  const rows = candlesAt(15, 20).map(krakenLine);
  const more = `&part=2/2&first_line=8&follows=${OCTOBER + 540}`;
  expect(await importLines(symbol, "kraken", rows, more)).toBe("complete");
  expect(await readAsks(env.DB, { ...KRAKEN, symbol }, ALL)).toMatchObject([
    { start: OCTOBER + 600, end: OCTOBER + 1_200, found: 5, absent: 5 },
  ]);
});
