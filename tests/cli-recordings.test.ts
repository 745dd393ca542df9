import { cpSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../packages/cli/test/run-cli.ts";
import { hasRecordings, RECORDINGS, skipReason } from "./recorded-candles.ts";
import { startSystem, type System } from "./system.ts";

/** Of Binance's hundred days of minutes the gate takes ten; `IMPORTED_DAYS=` (nothing) takes all. */
const DAYS = process.env["IMPORTED_DAYS"] ?? "2023-03-2";

/** Rows of the recordings, counted by `wc -l` (and `unzip -p` for the daily files of Binance). */
const ROWS = {
  "kraken:BTC-USD:1h": 50_378,
  "kraken:BTC-USD:1d": 3_178,
  "kraken:ETH-USD:1d": 2_058,
  "kraken:BTC-USDC:1m": 56_717,
  "binance:BTC-USDT:1m": DAYS === "" ? 143_920 : 14_320,
  "binance:BTC-USDT:1h": 2_399 + 5_088,
  "binance:ETH-USDT:1m": 14_400,
  "binance:ETH-USDT:1h": 5_088,
  "binance:ETH-USDT:1d": 10,
} as const;

interface Imported {
  readonly files: readonly {
    readonly series: string;
    readonly state: string;
    readonly rows_read: number;
    readonly stored: number;
  }[];
}

/** What `count` says of the files of each series, together. */
function bySeries({ files }: Imported, count: "rows_read" | "stored"): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const file of files) {
    sums[file.series] = (sums[file.series] ?? 0) + file[count];
  }
  return sums;
}

describe.skipIf(!hasRecordings)(
  `the archives of Kraken and Binance, from a folder${skipReason}`,
  () => {
    let system: System;
    let url = "";
    const folder = mkdtempSync(join(tmpdir(), "candlehouse-archives-"));

    beforeAll(async () => {
      cpSync(`${RECORDINGS}/kraken-ohlcvt`, join(folder, "kraken"), { recursive: true });
      // Futures have the names of the spot market; they are another one.
      cpSync(`${RECORDINGS}/binance-vision/BTCUSDT-1m`, join(folder, "BTCUSDT-1m"), {
        recursive: true,
        filter: (path) => !path.endsWith(".zip") || path.includes(DAYS),
      });
      for (const name of ["BTCUSDT-1h", "ETHUSDT-1m", "ETHUSDT-1d", "ms-to-us-1h"]) {
        cpSync(`${RECORDINGS}/binance-vision/${name}`, join(folder, name), { recursive: true });
      }
      system = await startSystem({ startMs: Date.UTC(2026, 5, 20, 12) });
      url = (await system.harness.listen()).url.origin;
    });

    afterAll(async () => {
      rmSync(folder, { recursive: true });
      await system.close();
    });

    async function runImport(): Promise<Imported> {
      const { code, out } = await runCli([
        "import",
        folder,
        "--yes",
        "--keep",
        "--json",
        "--url",
        url,
      ]);
      expect(code).toBe(0);
      return JSON.parse(out) as Imported;
    }

    test(
      "are stored row by row, and the second time not at all",
      { timeout: 300_000 },
      async () => {
        const first = await runImport();
        expect(bySeries(first, "rows_read")).toEqual(ROWS);
        expect(bySeries(first, "stored")).toEqual(ROWS);
        expect((await runImport()).files).toEqual([]);
        // Without its marks, what the system has is known by its bytes.
        for (const mark of globSync("*/.candlehouse-import.json", { cwd: folder })) {
          rmSync(join(folder, mark));
        }
        const second = await runImport();
        expect(bySeries(second, "rows_read")).toEqual(ROWS);
        expect(second.files.filter(({ state, stored }) => state !== "known" || stored > 0)).toEqual(
          [],
        );
      },
    );
  },
);
