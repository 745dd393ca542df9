/**
 * Measures how fast files are imported, from CSV or ZIP to verified Parquet on local R2 in workerd,
 * beside DuckDB's COPY of the same CSV, and prints a table. `node benchmarks/run.ts import`
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import type { Candle } from "@candlehouse/shared/core/candle";
import { decimalOf } from "@candlehouse/shared/core/decimal";
import { partitionOf } from "@candlehouse/shared/core/partition";
import { zipSync } from "fflate";
import { createTestHarness } from "wrangler";
import { alternate, milliseconds, type Side } from "./archive/alternate.ts";
import { openDuckDb } from "./archive/duckdb.ts";
import { loadMarket, tileYear } from "./archive/market.ts";
import { formatTable } from "./table.ts";

const harness = createTestHarness({
  workers: [{ configPath: `${import.meta.dirname}/import-worker/wrangler.jsonc` }],
});

/** Imports by now: each is of a series of its own, so that nothing of it is held. */
let imports = 0;

/** A row of a Binance Vision file. */
function binanceLine(candle: Candle): string {
  const { timestamp, open, high, low, close, volume_from, volume_to, trades } = candle;
  const fixed = [open, high, low, close, volume_from ?? 0].map((value) => decimal8(value));
  const quote = decimal8(volume_to ?? 0);
  const openMs = timestamp * 1_000;
  return [openMs, ...fixed, openMs + 59_999, quote, trades, fixed[4], quote, 0].join(",");
}

/** A row of a Kraken file. */
function krakenLine(candle: Candle): string {
  const { timestamp, open, high, low, close, volume_from, trades } = candle;
  return [timestamp, open, high, low, close, volume_from, trades].join(",");
}

/** As Binance writes them: eight digits behind the point. */
function decimal8(value: Candle["open"]): string {
  const [whole = "0", fraction = ""] = decimalOf(value).split(".");
  return `${whole}.${fraction.padEnd(8, "0")}`;
}

function csv(
  candles: readonly Candle[],
  line: (candle: Candle) => string,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(`${candles.map(line).join("\n")}\n`));
}

interface File {
  readonly name: string;
  readonly rows: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Imports files of one series, one after the other. */
async function importFiles(files: readonly File[], format: string): Promise<void> {
  imports += 1;
  const of = `format=${format}&source=binance&symbol=R${imports}-USDT&timeframe=1m`;
  for (const { name, rows, bytes } of files) {
    const response = await harness.fetch(`http://bench/v1/imports?name=${name}&${of}`, {
      method: "POST",
      body: bytes,
    });
    const report: { stored?: number } = Object(await response.json());
    if (report.stored !== rows) {
      throw new Error(`an import answered ${JSON.stringify(report)}`);
    }
  }
}

async function measureAll(folder: string): Promise<void> {
  const market = loadMarket();
  const year = tileYear(market.minutes);
  const months = [...Map.groupBy(year, ({ timestamp }) => partitionOf(timestamp, "1m"))];
  const binance = months.map(([month, candles]) => ({
    name: `BTCUSDT-1m-${month}`,
    rows: candles.length,
    bytes: csv(candles, binanceLine),
  }));
  const zips = binance.map((file) => ({
    ...file,
    bytes: new Uint8Array(zipSync({ [`${file.name}.csv`]: file.bytes }, { level: 6 })),
  }));
  const kraken = { name: "year", rows: year.length, bytes: csv(year, krakenLine) };
  for (const { name, bytes } of binance) {
    writeFileSync(join(folder, `binance-${name}.csv`), bytes);
  }
  writeFileSync(join(folder, "kraken.csv"), kraken.bytes);
  await harness.listen();
  await harness.getWorker().applyD1Migrations("DB");
  const duckdb = await openDuckDb();
  const copy = async (name: string, columns: string): Promise<void> => {
    await duckdb.run(
      `COPY (SELECT * FROM read_csv('${folder}/${name}*.csv', header = false, columns = {${columns}}))
       TO '${folder}/${name}.parquet' (FORMAT parquet, COMPRESSION zstd)`,
    );
  };
  const sides: Side[] = [
    { name: "ours, Binance's 12 CSV files", run: () => importFiles(binance, "binance") },
    { name: "ours, Binance's 12 ZIP files", run: () => importFiles(zips, "binance") },
    { name: "DuckDB, COPY of Binance's CSV files (the peer)", run: () => copy("binance", BINANCE) },
    { name: "ours, Kraken's CSV file", run: () => importFiles([kraken], "kraken") },
    { name: "DuckDB, COPY of Kraken's CSV file (the peer)", run: () => copy("kraken", KRAKEN) },
  ];
  const measured = await alternate(sides);
  const peerOf = (name: string): number =>
    measured.find((side) => side.name.startsWith("DuckDB") && side.name.includes(name))?.median ??
    Number.NaN;
  const [cpu] = cpus();
  process.stdout.write(
    `${cpus().length} × ${cpu?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
      `Node ${process.version}\n${market.name}\n` +
      `${year.length.toLocaleString("en")} rows; ${size(binance)} as Binance's CSV files, ` +
      `${size(zips)} as its ZIP files, ${size([kraken])} as Kraken's CSV file\n\n` +
      formatTable(
        ["", "rows a second", "ms, median", "fastest to slowest", "of the peer's speed"],
        measured.map(({ name, median, fastest, slowest }) => [
          name,
          Math.round((year.length / median) * 1_000).toLocaleString("en"),
          milliseconds(median),
          `${milliseconds(fastest)} to ${milliseconds(slowest)}`,
          name.startsWith("DuckDB")
            ? ""
            : (peerOf(name.includes("Kraken") ? "Kraken" : "Binance") / median).toFixed(2),
        ]),
      ),
  );
  duckdb.closeSync();
}

const PRICES = "'open': 'DOUBLE', 'high': 'DOUBLE', 'low': 'DOUBLE', 'close': 'DOUBLE'";
const KRAKEN = `'time': 'BIGINT', ${PRICES}, 'volume': 'DOUBLE', 'trades': 'BIGINT'`;
const BINANCE = `'time': 'BIGINT', ${PRICES}, 'volume': 'DOUBLE', 'close_time': 'BIGINT',
  'quote': 'DOUBLE', 'trades': 'BIGINT', 'taker_base': 'DOUBLE', 'taker_quote': 'DOUBLE', 'ignore': 'BIGINT'`;

function size(files: readonly File[]): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

const folder = mkdtempSync(join(tmpdir(), "candlehouse-import-"));
try {
  await measureAll(folder);
} finally {
  await harness.close();
  rmSync(folder, { recursive: true });
}
