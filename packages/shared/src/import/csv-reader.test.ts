import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Candle } from "../core/candle.ts";
import { BlockRow } from "./block-row.ts";
import { CandleBlock } from "./candle-block.ts";
import { parseColumnMap, planColumns, type PlanRequest } from "./column-plan.ts";
import { CsvReader } from "./csv-reader.ts";
import { readLine, type RowRules } from "./read-cells.ts";
import { RowScanner } from "./scan-row.ts";

const RULES: RowRules = { timeframe: "1m", nowSeconds: 1_790_000_000 };
const KRAKEN: PlanRequest = { format: "kraken", unit: "auto" };
const BINANCE: PlanRequest = { format: "binance", unit: "auto" };
const CSV: PlanRequest = { format: "csv", unit: "auto" };
const HEADER = "time,open,high,low,close,volume,trades";

interface Read {
  readonly candles: Candle[];
  readonly lines: number[];
  readonly rejections: [line: number, reason: string][];
  /** Open times that the rejected rows name. */
  readonly times: (number | undefined)[];
  readonly rows: number;
  readonly unused: readonly string[];
}

/** What a reader makes of `text`, given in pieces of `size` bytes. */
function read(text: string, request = KRAKEN, rules = RULES, size = 1_000, firstLine = 1): Read {
  const block = new CandleBlock();
  const rejections: [number, string][] = [];
  const times: (number | undefined)[] = [];
  const reader = new CsvReader(request, rules, firstLine, {
    accept: (row, line) => {
      block.push(row, line);
    },
    reject: (line, reason, timestamp) => {
      rejections.push([line, reason]);
      times.push(timestamp);
    },
  });
  const bytes = new TextEncoder().encode(text);
  for (let start = 0; start < bytes.length; start += size) {
    reader.push(bytes.subarray(start, start + size));
  }
  reader.finish();
  return {
    candles: Array.from({ length: block.rows }, (_, at) => block.candleAt(at)),
    lines: [...block.lines.subarray(0, block.rows)],
    rejections,
    times,
    rows: reader.rows,
    unused: reader.unused,
  };
}

const CANDLE: Candle = {
  timestamp: 1_381_095_240,
  open: 122,
  high: 122.5,
  low: 121.99,
  close: 122,
  volume_from: 0.1,
  volume_to: null,
  trades: 1,
};

describe("rows of Kraken's files", () => {
  test("are read with and without a header, with either line end, with or without a last one", () => {
    const row = "1381095240,122.0,122.5,121.99,122.0,0.1,1";
    const header = "time,open,high,low,close,volume,trades";
    for (const text of [row, `${row}\n`, `${row}\r\n`, `\uFEFF${row}`, `${header}\n${row}\n\n`]) {
      expect(read(text)).toMatchObject({ candles: [CANDLE], rejections: [], rows: 1 });
    }
  });

  test("have exponents, and no volume where it is empty", () => {
    const { candles } = read("1381095240,122.0,1.225E+2,121.99,122,4E+2,\n1381095300,1,1,1,1,,0");
    expect(candles).toMatchObject([
      { high: 122.5, volume_from: 400, trades: null },
      { volume_from: null, trades: 0 },
    ]);
  });

  test("keep each digit of what no double holds", () => {
    const text =
      "1381095240,1,1,1,1,123456789.12345678901,1\n1381095300,1,1,1,1,9007199254740993,1";
    expect(read(text).candles.map(({ volume_from }) => volume_from)).toEqual([
      "123456789.12345678901",
      "9007199254740993",
    ]);
  });
});

describe("rows of Binance's files", () => {
  const rest = "1.50000000,2.00000000,1.00000000,1.50000000,3.10000000,1,4.65000000,7,0,0,0";
  test.each([
    ["milliseconds", "1730419200000"],
    ["microseconds", "1735689600000000"],
  ])("are in %s", (_unit, time) => {
    const { candles, rejections } = read(`${time},${rest}\n`, BINANCE);
    expect(rejections).toEqual([]);
    expect(candles).toMatchObject([
      { timestamp: Number(time.slice(0, 10)), volume_from: 3.1, volume_to: 4.65, trades: 7 },
    ]);
  });

  test("off the grid are rejected one by one", () => {
    const { candles, rejections } = read(
      `1518168494789,${rest}\n1518168480000,${rest}\n1518168495000,${rest}\n`,
      BINANCE,
    );
    expect(candles).toMatchObject([{ timestamp: 1_518_168_480 }]);
    expect(rejections).toEqual([
      [1, "time 1518168494789 (ms) is not a whole number of seconds"],
      [3, "timestamp 1518168495 is not an open time of 1m candles"],
    ]);
  });
});

describe("other CSV files", () => {
  test.each([",", ";", "\t"])("go by the names of their columns: %j", (delimiter) => {
    const text = [
      ["Close", "Low", "High", "Open", "Date", "Quote Volume", "Volume", "note"],
      ["1.5", "1", "2", "1.5", "2023-03-24T12:00:00Z", "4.65", "3.1", '"a, ""b"""'],
    ];
    const { candles } = read(text.map((cells) => cells.join(delimiter)).join("\n"), CSV);
    expect(candles).toMatchObject([
      { timestamp: 1_679_659_200, open: 1.5, high: 2, low: 1, volume_from: 3.1, volume_to: 4.65 },
    ]);
  });

  test("is not told by the places of Kraken's files where there are more columns than these have", () => {
    const line = "1381093200,122.0,122.5,121.9,122.3,122.1,12.5,40";
    expect(planColumns(line, KRAKEN)).toBe(
      "a line has 8 columns, and Kraken's files 7: columns=time:0,open:1,… says where its values stand",
    );
  });

  test("go by a map of places, or of names", () => {
    const places = parseColumnMap("time:4,open:0,high:1,low:2,close:3");
    expect(read("1,2,1,2,1381095240", { ...CSV, columns: places }).candles).toHaveLength(1);
    const names = parseColumnMap("time:Zeit,open:a,high:b,low:c,close:d");
    expect(
      read("a;b;c;d;zeit\n1;2;1;2;1381095240", { ...CSV, columns: names }).candles,
    ).toHaveLength(1);
    expect(planColumns("a,b,c", { ...CSV, columns: names })).toBe(
      "time: the file has no header with a column Zeit",
    );
  });

  test.each(["time:0", "time:0,open:1,high:2,low:3,close", "x:1", "time:0,time:1", "time:999"])(
    "do not go by the map %j",
    (map) => {
      expect(() => parseColumnMap(map)).toThrow("columns");
    },
  );

  test("that are no text at all are refused before they fill memory", () => {
    expect(() => read("x".repeat(1_000_000))).toThrow("no CSV file of candles");
  });
});

describe("a header", () => {
  test("goes before the places of Kraken's and Binance's rows", () => {
    const kraken =
      "time,open,high,low,close,vwap,volume,count\n1381095240,122,123,121,122,122.3,12,7";
    expect(read(kraken)).toMatchObject({
      candles: [{ volume_from: 12, trades: 7 }],
      unused: ["vwap"],
    });
    const turned = "time,low,high,open,close,volume,trades\n1381095240,121,123,122,122.5,1.5,7";
    expect(read(turned).candles).toMatchObject([{ low: 121, open: 122 }]);
    const binance =
      "open_time,open,high,low,close,volume,quote_volume,count,close_time\n1381095240000,1,1,1,1,1.5,183.1,7,1381095299999";
    expect(read(binance, BINANCE)).toMatchObject({
      candles: [{ volume_from: 1.5, volume_to: 183.1, trades: 7 }],
      unused: [],
    });
  });

  test("of Binance's futures is known as they write it", () => {
    const text =
      "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n1769904000000,1.2,1.2,1.2,1.2,95149,1769904059999,114611.624,282,39228,47269.828,0";
    expect(read(text, BINANCE)).toMatchObject({
      candles: [{ volume_from: 95_149, volume_to: 114_611.624, trades: 282 }],
      unused: [],
    });
  });

  test.each([
    ["kraken", "time,open,high,low,close,vol,n", "volume_from, trades"],
    ["binance", "a,b,c,d,e,f", "time, open, high, low, close, volume_from, volume_to, trades"],
    ["csv", "time,o,h,low,close", "open, high"],
  ] as const)("of a file of %s that does not name all is refused: %s", (format, line, missing) => {
    expect(() => read(`${line}\n1381095240,1,1,1,1,1,1`, { ...KRAKEN, format })).toThrow(
      `no column of the header is ${missing}: `,
    );
  });

  test("is only a line without a number: another one is a row, rejected or not", () => {
    for (const first of ["x1381095240,1,1,1,1,1,1", "NaN,1,1,1,1,1,1", " "]) {
      const { rows, rejections, candles } = read(`${first}\n1381095300,1,1,1,1,1,1\n`);
      expect([first, rows, rejections.map(([line]) => line)]).toEqual([first, 2, [1]]);
      expect(candles).toHaveLength(1);
    }
  });

  test("names volumes by the assets of the series, and what is not read is told", () => {
    const text =
      "Unix,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT,tradecount\n1381095240000,2013-10-06,BTC/USDT,1,1,1,1,5,7,9";
    expect(read(text, { ...CSV, symbol: "BTC-USDT" })).toMatchObject({
      candles: [{ volume_from: 5, volume_to: 7, trades: 9 }],
      unused: ["Date", "Symbol"],
    });
    expect(read(text, { ...CSV, symbol: "ETH-USDT" })).toMatchObject({
      candles: [{ volume_from: null, volume_to: 7 }],
      unused: ["Date", "Symbol", "Volume BTC"],
    });
    const foreign = text.replace("Volume BTC", "Volume XBT");
    expect(read(foreign, { ...CSV, symbol: "BTC-USDT" }).unused).toEqual(["Date", "Symbol"]);
  });
});

test("a rejected row tells the open time that it names", () => {
  const rows = ["1381095240,1,1,1", "1381095300,5,1,1,1,1,1", "1381095301,1,1,1,1,1,1", "x,1"];
  expect(read(`1381095180,1,1,1,1,1,1\n${rows.join("\n")}`).times).toEqual([
    1_381_095_240,
    1_381_095_300,
    undefined,
    undefined,
  ]);
});

/** Cells that are numbers, nearly numbers, and none. */
const cell = fc.oneof(
  fc.nat(200).map(String),
  fc.tuple(fc.nat(200), fc.nat(99_999)).map(([whole, part]) => `${whole}.${part}`),
  fc.constantFrom("", "0", "1.50", "007", "1.", ".5", "-1", "+1", "1e2", "4E+2", "x", " 1", '"1"'),
  fc.constantFrom("null", "NaN", "0.00000001", "123456789.123456789", "9007199254740993", "1,"),
);
const time = fc.oneof(
  fc.nat(1_000).map((minutes) => String(1_679_616_000 + minutes * 60)),
  fc.nat(1_000).map((minutes) => `${1_679_616_000 + minutes * 60}000`),
  fc.constantFrom(
    "1679616000000000",
    "1679616000.0",
    "1679616001",
    "999",
    "1789999980",
    "",
    "2023-03-24",
  ),
);
const anyLine = fc
  .tuple(time, fc.array(cell, { minLength: 5, maxLength: 7 }))
  .map((cells) => cells.flat().join(","));
/** Rows of candles that can be true, digits and zeros as they come. */
const soundLine = fc
  .tuple(time, fc.array(fc.nat(1e9), { minLength: 4, maxLength: 4 }), fc.nat(8), cell, fc.nat(99))
  .map(([at, integers, scale, volume, trades]) => {
    const [low = 0, open = 0, close = 0, high = 0] = integers.toSorted((a, b) => a - b);
    const prices = [open, high, low, close].map((integer) => (integer / 10 ** scale).toFixed(8));
    return [at, ...prices, volume, trades].join(",");
  });
const line = fc.oneof(anyLine, soundLine);

test("the scanner takes no line otherwise than readLine does, and each usual one", () => {
  const plan = planColumns("0,1,2,3,4,5,6", KRAKEN);
  if (typeof plan === "string") {
    throw new TypeError(plan);
  }
  const scanner = new RowScanner(plan, RULES);
  const row = new BlockRow();
  let scanned = 0;
  fc.assert(
    fc.property(line, (text) => {
      const bytes = new TextEncoder().encode(text);
      const isScanned = scanner.scan(bytes, 0, bytes.length, row);
      scanned += isScanned ? 1 : 0;
      const block = new CandleBlock();
      block.push(row, 1);
      const meant = readLine(text, plan, RULES);
      expect(isScanned ? block.candleAt(0) : meant).toEqual(meant);
    }),
    { numRuns: 10_000 },
  );
  expect(scanned).toBeGreaterThan(1_000);
  const usual = new TextEncoder().encode("1679616000,100.5,101,99.95,100,1.5,7");
  expect(scanner.scan(usual, 0, usual.length, row)).toBe(true);
});

test("how a file is cut into pieces changes nothing", () => {
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 20 }),
      fc.integer({ min: 1, max: 50 }),
      (lines, size) => {
        const text = `time,open,high,low,close,volume,trades\n${lines.join("\n")}`;
        expect(read(text, KRAKEN, RULES, size)).toEqual(read(text, KRAKEN, RULES, 1e6));
      },
    ),
  );
});

test("lines are counted as an editor does, from the line that a part begins with", () => {
  const { lines, rejections } = read(
    `${HEADER}\n\n1381095240,1,1,1,1,,\ny,2`,
    KRAKEN,
    RULES,
    3,
    11,
  );
  expect(lines).toEqual([13]);
  expect(rejections.map(([number]) => number)).toEqual([14]);
});

test.each(["1m", "1h", "1d", "3d", "1w", "1M"] as const)(
  "of %s candles, scanner and readLine agree on which open times there are, and which are closed",
  (timeframe) => {
    const rules: RowRules = { timeframe, nowSeconds: 1_679_616_000 + 86_400 * 9 };
    const plan = planColumns("0,1,2,3,4,5,6", KRAKEN);
    if (typeof plan === "string") {
      throw new TypeError(plan);
    }
    const scanner = new RowScanner(plan, rules);
    for (let hour = -24 * 70; hour < 24 * 20; hour += 1) {
      const text = `${1_679_616_000 + hour * 3_600},1,1,1,1,1,1`;
      const bytes = new TextEncoder().encode(text);
      expect([text, scanner.scan(bytes, 0, bytes.length, new BlockRow())]).toEqual([
        text,
        typeof readLine(text, plan, rules) !== "string",
      ]);
    }
  },
);
