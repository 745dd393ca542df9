import { env } from "cloudflare:workers";
import type { Candle } from "@candlehouse/shared/core/candle";
import { listImports } from "@candlehouse/shared/d1/import-jobs";
import { decodeCandle } from "@candlehouse/shared/queue/candle-message";
import { describeColumns } from "@candlehouse/shared/r2/describe-columns";
import { describeFile } from "@candlehouse/shared/r2/describe-file";
import { encodeCandleFile } from "@candlehouse/shared/r2/encode-candle-file";
import { CHAIN_START } from "@candlehouse/shared/core/archive";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { compactPartition } from "../src/compact.ts";
import { takeBody } from "../src/import-body.ts";
import { DUCKDB_FILE } from "./duckdb-file.ts";
import { archiveCandles, archiverAt, clearWarehouse, filesOf } from "./archiver-at.ts";
import { asKraken, csvOf, getImports, krakenLine, postImport, zipOf } from "./import-files.ts";
import { loggedEvents } from "./logged-events.ts";
import { gated } from "./stoppable.ts";
import {
  candleAt,
  candlesAt,
  OCTOBER,
  PARTITION,
  putHot,
  readAll,
  readRevisions,
  seriesOf,
  TODAY,
} from "./warehouse.ts";

const logs = vi.spyOn(console, "log").mockImplementation(() => undefined);
vi.spyOn(console, "error").mockImplementation(() => undefined);

const SERIES = seriesOf("BTC");
const KRAKEN = "name=some.csv&format=kraken&source=binance&symbol=BTC-USDT&timeframe=1m";
const DAY_MINUTES = 1_440;
/** The first minute of the hot window. */
const HOT_FROM = TODAY - 20 * 86_400;

beforeEach(async () => {
  await clearWarehouse();
  await env.DB.prepare("DELETE FROM jobs").run();
  logs.mockClear();
});

/** Candles of the hot window. */
function hotCandles(from: number, to: number): Candle[] {
  return candlesAt(from, to).map((candle, index) => ({
    ...candle,
    timestamp: HOT_FROM + (from + index) * 60,
  }));
}

function krakenFile(candles: readonly Candle[]): Uint8Array<ArrayBuffer> {
  return csvOf(candles.map(krakenLine));
}

/** Whether a body of so many bytes is held in memory. */
async function isHeld(bytes: number): Promise<boolean> {
  const request = new Request("https://archiver/", { method: "POST", body: new Uint8Array(bytes) });
  const body = await takeBody(env.BUCKET, request);
  await body.discard();
  return body.isHeld;
}

async function compact(context = archiverAt().context): Promise<void> {
  await compactPartition(context, { series: SERIES, partition: PARTITION });
}

describe("a file that is imported", () => {
  test("becomes a fragment, and after its compaction it is served as it was", async () => {
    const { context, sent } = archiverAt();
    const candles = asKraken(candlesAt(0, 3 * DAY_MINUTES));
    const { status, report } = await postImport(context, KRAKEN, krakenFile(candles));
    expect(status).toBe(200);
    expect(report).toMatchObject({
      state: "complete",
      series: "binance:BTC-USDT:1m",
      known: false,
      rows_read: candles.length,
      stored: candles.length,
      duplicate: 0,
      revised: 0,
      rejected: 0,
      queued: 0,
      first_timestamp: OCTOBER,
      last_timestamp: OCTOBER + (3 * DAY_MINUTES - 1) * 60,
    });
    expect(await filesOf(SERIES)).toMatchObject([{ state: "fragment", rows: candles.length }]);
    expect(sent).toEqual([{ ...SERIES, partition: PARTITION }]);
    await compact(context);
    expect((await readAll(SERIES)).cold).toEqual(candles);
    expect(loggedEvents(logs, "import.finished")).toMatchObject([{ rows: 4_320, fragments: 1 }]);
  });

  test("is known when it comes again, and stores nothing when it is read again all the same", async () => {
    const { context } = archiverAt();
    const file = krakenFile(candlesAt(0, 50));
    const first = await postImport(context, KRAKEN, file);
    const known = await postImport(context, KRAKEN, file);
    const wrong = await postImport(context, `${KRAKEN}&checksum=${"0".repeat(64)}`, file);
    expect(wrong.status).toBe(422);
    expect(known.report).toMatchObject({
      id: first.report.id,
      known: true,
      stored: 0,
      duplicate: 50,
    });
    const beforeMerge = await postImport(context, `${KRAKEN}&again=true`, file);
    expect(beforeMerge.report).toMatchObject({ known: false, stored: 0, duplicate: 50 });
    await compact();
    const afterMerge = await postImport(context, `${KRAKEN}&again=true`, file);
    expect(afterMerge.report).toMatchObject({ known: false, stored: 0, duplicate: 50 });
    expect((await filesOf(SERIES)).filter(({ state }) => state === "fragment")).toEqual([]);
  });

  test("stores of an overlapping file what is new, and records what differs", async () => {
    const { context } = archiverAt();
    await archiveCandles(SERIES, asKraken(candlesAt(0, 10)));
    await postImport(context, KRAKEN, krakenFile(candlesAt(5, 15)));
    const other = { ...candleAt(3), volume_from: 99 };
    const file = krakenFile([...candlesAt(0, 3), other, ...candlesAt(10, 20)]);
    const { report } = await postImport(context, KRAKEN, file);
    expect(report).toMatchObject({ rows_read: 14, stored: 5, duplicate: 8, revised: 1 });
    await compact();
    expect((await readAll(SERIES)).cold).toEqual(asKraken(candlesAt(0, 20)));
    expect(await readRevisions(SERIES)).toMatchObject([
      { timestamp: OCTOBER + 180, volume_from: 99 },
    ]);
    const again = await postImport(context, `${KRAKEN}&again=true`, file);
    expect(again.report).toMatchObject({ stored: 0, duplicate: 14, revised: 0 });
  });

  test("compares with hot rows that are not archived yet", async () => {
    const { context } = archiverAt();
    await putHot(SERIES, asKraken(candlesAt(0, 5)));
    const { report } = await postImport(context, KRAKEN, krakenFile(candlesAt(0, 8)));
    expect(report).toMatchObject({ stored: 3, duplicate: 5 });
  });

  test("sends what is of the hot window through the queue, ten candles a message", async () => {
    const { context, candles: messages } = archiverAt();
    const hot = asKraken(hotCandles(0, 25));
    await putHot(SERIES, [...hot.slice(0, 3), { ...hot[3], trades: 77 } as Candle]);
    const file = krakenFile([...candlesAt(0, 5), ...hot]);
    const { report } = await postImport(context, KRAKEN, file);
    expect(report).toMatchObject({ stored: 26, queued: 21, duplicate: 3, revised: 1 });
    expect(messages).toMatchObject([
      { origin: "import", job: report.id },
      { origin: "import" },
      { origin: "import" },
    ]);
    expect(messages.map(({ candles }) => candles.length)).toEqual([10, 10, 2]);
    expect(messages.flatMap(({ candles }) => candles.map(decodeCandle))).toEqual(hot.slice(3));
    expect(await filesOf(SERIES)).toMatchObject([{ state: "fragment", rows: 5 }]);
  });

  test("reports rejected rows with their lines, and stores the others", async () => {
    const { context } = archiverAt();
    const [a = "", b = "", c = "", d = ""] = candlesAt(0, 4).map(krakenLine);
    const open = krakenLine({ ...candleAt(0), timestamp: TODAY });
    const lines = [
      a,
      "x,1,2",
      b,
      "",
      a,
      c.replace(/^\d+/, String(OCTOBER + 121)),
      a.replace(",0", ",1"),
      open,
      d,
    ];
    const { report } = await postImport(context, `${KRAKEN}&first_line=101`, csvOf(lines));
    expect(report).toMatchObject({ rows_read: 8, stored: 3, duplicate: 1, rejected: 4 });
    expect(report.rejections.map(({ line }) => line)).toEqual([102, 106, 107, 108]);
    expect(report.rejections.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("3 columns"),
      expect.stringContaining("is not an open time of 1m candles"),
      expect.any(String),
      expect.stringContaining("is open until"),
    ]);
  });

  test("keeps of two rows of one time the first, however far apart they stand", async () => {
    const { context } = archiverAt();
    const days = candlesAt(0, 31 * DAY_MINUTES - 1);
    const september = days.map((candle) => ({
      ...candle,
      timestamp: candle.timestamp - 30 * 86_400,
    }));
    // October is stored when the waiting rows are too many, and then there is more of it.
    const late = [candleAt(0), { ...candleAt(1), trades: 5 }, candleAt(31 * DAY_MINUTES - 1)];
    const october = days.toReversed();
    const { report } = await postImport(
      context,
      KRAKEN,
      krakenFile([...october, ...september.slice(0, 29 * DAY_MINUTES), ...late]),
    );
    expect(report).toMatchObject({ duplicate: 1, rejected: 1, revised: 0 });
    expect(report.stored).toBe(report.rows_read - 2);
    expect(report.rejections).toMatchObject([{ line: report.rows_read - 1 }]);
  }, 30_000);
});

test("the imports of one file are found by its hash, without a look at the others", async () => {
  const { context } = archiverAt();
  const insert = env.DB.prepare(
    `INSERT INTO jobs (id, kind, state, request, progress, created_at, updated_at)
     SELECT 'import-' || value, 'import', 'complete', '{}', '{}', 1, 1 FROM json_each(?1)`,
  );
  await insert.bind(JSON.stringify(Array.from({ length: 500 }, (_, id) => id))).run();
  const { report } = await postImport(context, KRAKEN, krakenFile(candlesAt(0, 1)));
  let rowsRead = 0;
  const db = gated(env.DB, async (_name, call) => {
    const result = await call();
    rowsRead += (result as D1Result).meta.rows_read;
    return result;
  });
  const { imports } = await listImports(db, report.sha256, undefined, 100);
  expect(imports).toEqual([report]);
  expect(rowsRead).toBeLessThan(5);
});

test("a file with a row whose candle was open is read again when it comes again", async () => {
  const file = krakenFile([...candlesAt(0, 3), { ...candleAt(0), timestamp: TODAY }]);
  const first = await postImport(archiverAt().context, KRAKEN, file);
  expect(first.report).toMatchObject({ stored: 3, rejected: 1, rejected_open: 1 });
  const { context } = archiverAt(TODAY + 120);
  const later = await postImport(context, KRAKEN, file);
  expect(later.report).toMatchObject({ known: false, stored: 1, duplicate: 3, rejected_open: 0 });
  const again = await postImport(context, KRAKEN, file);
  expect(again.report).toMatchObject({ known: true, duplicate: 4 });
});

test("a part whose rows are all rejected is taken, with its rejections", async () => {
  const { context } = archiverAt();
  const answer = await postImport(
    context,
    `${KRAKEN}&part=2/3&first_line=101`,
    csvOf(["1,2,3", "4,5,6"]),
  );
  expect(answer).toMatchObject({
    status: 200,
    report: {
      state: "complete",
      rows_read: 2,
      rejected: 2,
      rejections: [{ line: 101 }, { line: 102 }],
      first_timestamp: null,
      last_timestamp: null,
    },
  });
});

test("the report tells how a file was read, and which of its columns were not", async () => {
  const { context } = archiverAt();
  const header = "time,open,high,low,close,vwap,volume,trades";
  const file = csvOf([header, `${OCTOBER},1,1,1,1,9,2,3`]);
  const byHeader = await postImport(context, KRAKEN, file);
  expect(byHeader.report).toMatchObject({
    columns: null,
    time_unit: "auto",
    unused_columns: ["vwap"],
  });
  const columns = "time:0,open:1,high:2,low:3,close:4,volume_from:5";
  const byMap = await postImport(context, `${KRAKEN}&columns=${columns}&time_unit=s`, file);
  expect(byMap.report).toMatchObject({ known: false, columns, time_unit: "s", revised: 1 });
});

describe("a ZIP archive", () => {
  test.each([{}, { hasDescriptor: true }])(
    "with sizes before or behind its file is read: %j",
    async (form) => {
      const { context } = archiverAt();
      const zip = zipOf(krakenFile(candlesAt(0, 20)), form);
      const { report } = await postImport(context, KRAKEN, zip);
      expect(report).toMatchObject({ state: "complete", stored: 20 });
    },
  );

  test("of any size is read to its last row, in one piece or in many", async () => {
    const { context } = archiverAt();
    const lines = candlesAt(0, 20 * DAY_MINUTES).map(krakenLine);
    // Some 24 MB of a column that is not read: more than is decompressed at once.
    const file = csvOf(lines.map((line) => `${line},${"x".repeat(800)}`));
    const { report } = await postImport(context, KRAKEN, zipOf(file));
    expect(report).toMatchObject({ state: "complete", stored: lines.length });
  }, 30_000);

  test("that holds two files, or is a bomb by what it says, is refused", async () => {
    const { context } = archiverAt();
    const two = await postImport(context, KRAKEN, zipOf(csvOf(["1"]), { files: 2 }));
    expect(two).toMatchObject({ status: 422, detail: expect.stringContaining("holds 2 files") });
    const zip = zipOf(csvOf(["1"]));
    new DataView(zip.buffer).setUint32(zip.length - 22 - 8 - 46 + 24, 2 ** 31, true);
    const bomb = await postImport(context, KRAKEN, zip);
    expect(bomb).toMatchObject({ status: 422, detail: expect.stringContaining("are read") });
  });

  test("of which one byte is another stores nothing, or what it held", async () => {
    const { context } = archiverAt();
    const file = krakenFile(candlesAt(0, 30));
    const zip = zipOf(file);
    for (let at = 0; at < zip.length; at += 7) {
      const changed = zip.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      const { status, report } = await postImport(context, `${KRAKEN}&again=true`, changed);
      expect([200, 422]).toContain(status);
      expect(status === 200 ? report.rejected : 0).toBe(0);
    }
    await compact();
    const { cold } = await readAll(SERIES);
    expect([[], asKraken(candlesAt(0, 30))]).toContainEqual(cold);
  }, 30_000);

  test("that is cut anywhere stores nothing", async () => {
    const { context } = archiverAt();
    const zip = zipOf(krakenFile(candlesAt(0, 30)));
    for (let length = 0; length < zip.length; length += 11) {
      const { status } = await postImport(context, KRAKEN, zip.slice(0, length));
      expect(status).toBe(422);
    }
    expect(await filesOf(SERIES)).toEqual([]);
  }, 30_000);
});

describe("a file that cannot be taken", () => {
  test("is refused with the reason, and listed", async () => {
    const { context } = archiverAt();
    const { status, report } = await postImport(context, KRAKEN, csvOf(["1,2,3", "4,5,6"]));
    expect(status).toBe(422);
    expect(report).toMatchObject({
      code: "import_rejected",
      detail: expect.stringContaining("none of its 2 rows can be stored; line 1: "),
    });
    const { imports } = (await getImports(context, "/v1/imports")) as { imports: { id: string }[] };
    expect(imports).toMatchObject([{ state: "rejected", rows_read: 2, rejected: 2, stored: 0 }]);
    expect(await getImports(context, `/v1/imports/${imports[0]?.id}`)).toEqual(imports[0]);
  });

  test.each([
    ["another checksum", `${KRAKEN}&checksum=${"0".repeat(64)}`, "SHA-256"],
    ["no series", "name=some.csv&format=kraken", "whose candles"],
    ["no Parquet", "name=a.parquet&source=kraken&symbol=BTC-USD&timeframe=1h", "Parquet"],
    ["no header", "name=a.csv&source=kraken&symbol=BTC-USD&timeframe=1h", "header"],
  ])("such as one with %s stores nothing", async (_what, query, reason) => {
    const { context } = archiverAt();
    const answer = await postImport(context, query, krakenFile(candlesAt(0, 3)));
    expect(answer).toMatchObject({ status: 422, detail: expect.stringContaining(reason) });
    expect(await filesOf(SERIES)).toEqual([]);
  });

  test.each([
    ["format=xls&name=a", "format"],
    ["name=a.csv&symbol=XBTUSD", "symbol"],
    ["name=a.csv&columns=time", "columns"],
    ["", "name"],
  ])("is not even read where %s", async (query, parameter) => {
    const answer = await postImport(archiverAt().context, query, csvOf(["1"]));
    expect(answer).toMatchObject({ status: 400, report: { parameter } });
  });
});

describe("imports", () => {
  test("are listed newest first, page by page, and by the file's hash", async () => {
    const reports = [];
    for (let index = 0; index < 5; index += 1) {
      const { context } = archiverAt(TODAY + index);
      reports.push(
        (await postImport(context, KRAKEN, krakenFile(candlesAt(index, index + 1)))).report,
      );
    }
    const { context } = archiverAt();
    interface Page {
      readonly imports: { readonly id: string }[];
      readonly next_cursor: string | null;
    }
    const ids: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const more = cursor === "" ? "" : `&cursor=${cursor}`;
      const page = (await getImports(context, `/v1/imports?limit=2${more}`)) as Page;
      ids.push(...page.imports.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(ids).toEqual(reports.map(({ id }) => id).toReversed());
    const one = (await getImports(context, `/v1/imports?sha256=${reports[2]?.sha256}`)) as Page;
    expect(one.imports).toEqual([reports[2]]);
    expect(one.next_cursor).toBeNull();
    expect(await getImports(context, "/v1/imports/import-0")).toMatchObject({ code: "not_found" });
  });
});

test("a row of another program's Parquet file that cannot be stored is rejected alone", async () => {
  const { context } = archiverAt();
  // Of its ten minutes, two are open times of five minutes.
  const query = "name=a.parquet&source=binance&symbol=BTC-USDT&timeframe=5m";
  const { status, report } = await postImport(context, query, DUCKDB_FILE);
  expect(status).toBe(200);
  expect(report).toMatchObject({ rows_read: 10, stored: 2, rejected: 8 });
  expect(report.rejections.map(({ line }) => line)).toEqual([2, 3, 4, 5, 7, 8, 9, 10]);
  expect(report.rejections[0]?.reason).toContain("is not an open time of 5m candles");
});

test("a Parquet file is imported, and known by its rows", async () => {
  const { context } = archiverAt();
  const { bytes } = encodeCandleFile(SERIES, candlesAt(0, 40), CHAIN_START);
  const { report } = await postImport(context, "name=candles.parquet", bytes);
  expect(report).toMatchObject({ format: "parquet", series: "binance:BTC-USDT:1m", stored: 40 });
  await compact();
  expect((await readAll(SERIES)).cold).toEqual(candlesAt(0, 40));
});

test("bodies of up to twelve megabytes are held, so that three at once leave room", async () => {
  expect(await isHeld(10_000_000)).toBe(true);
  expect(await isHeld(14_000_000)).toBe(false);
});

test("a body that is larger than memory may be goes by way of R2, and nothing of it stays there", async () => {
  const { context } = archiverAt();
  const lines = candlesAt(0, 31 * DAY_MINUTES).map(
    (candle) => `${krakenLine(candle)},${"x".repeat(950)}`,
  );
  const file = csvOf(lines);
  expect(file.length).toBeGreaterThan(42 * 1_024 * 1_024);
  const { report } = await postImport(context, KRAKEN, file);
  expect(report).toMatchObject({ stored: lines.length, bytes: file.length });
  expect((await env.BUCKET.list({ prefix: "imports/" })).objects).toEqual([]);
}, 30_000);

test("a file described by columns is described as by candles", () => {
  const candles = candlesAt(0, 25_000);
  const { bytes } = encodeCandleFile(SERIES, candles, CHAIN_START);
  expect(describeColumns(bytes, "key", PARTITION)).toEqual(describeFile(bytes, "key", PARTITION));
});
