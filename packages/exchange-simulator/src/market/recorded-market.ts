import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import {
  DAY_MS,
  EVERY_MONDAY,
  everyMs,
  HOUR_MS,
  MINUTE_MS,
  nameOf,
  shiftOpenTime,
  type Grid,
} from "../interval.ts";
import type { Candle } from "./candle.ts";
import type { SourceId } from "./catalogue.ts";
import { RecentMap } from "./recent-map.ts";
import { parseKlinesBody, parseKrakenFile, parseVisionFile } from "./recording-formats.ts";
import type { Recordings } from "./recordings.ts";

/** A file of candles, not yet read. */
interface RecordingFile {
  readonly source: SourceId;
  /** Binance's symbol, or Kraken's short name: XBTUSD. */
  readonly symbol: string;
  readonly grid: Grid;
  /** Where the name says so: the first instant that the file covers, and the first that it does not. */
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  read(): Candle[];
}

interface LoadedFile {
  readonly startMs: number;
  readonly endMs: number;
  readonly candles: ReadonlyMap<number, Candle>;
}

/** A day of minutes is about 1 MB, and a year of hours 6 MB. */
const FILES_HELD = 200;
const VISION_NAME = /^([A-Z0-9]+)-(\d+[mhdw])-(\d{4})-(\d\d)(?:-(\d\d))?\.(zip|csv)$/;
const KRAKEN_NAME = /^([A-Z0-9]+)_(\d+)(?:\.[^.]+)?\.csv$/;
const UNIT_MS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/** The recordings below `folder`, which has to exist. Only names are read now; a file is read when a candle of it is asked for. */
export function openRecordings(folder: string): Recordings {
  if (!existsSync(folder)) {
    throw new Error(`There is no folder of recordings at ${folder}`);
  }
  const bySeries = new Map<string, RecordingFile[]>();
  for (const file of [...visionFiles(folder), ...restFiles(folder), ...krakenFiles(folder)]) {
    const key = seriesKey(file.source, file.symbol, file.grid);
    bySeries.set(key, [...(bySeries.get(key) ?? []), file]);
  }
  const loaded = new RecentMap<RecordingFile, LoadedFile>(FILES_HELD);

  return {
    candlesOf(market, grid, timeMs) {
      // Kraken names its files by the short name of the pair.
      const symbol =
        market.source === "kraken" ? `${market.token.krakenCode}${market.quote}` : market.symbol;
      for (const file of bySeries.get(seriesKey(market.source, symbol, grid)) ?? []) {
        if (timeMs >= (file.startMs ?? timeMs) && timeMs < (file.endMs ?? Infinity)) {
          const { startMs, endMs, candles } = loaded.getOrMake(file, () => load(file));
          if (timeMs >= startMs && timeMs < endMs) {
            return candles;
          }
        }
      }
      return undefined;
    },
  };
}

function seriesKey(source: SourceId, symbol: string, grid: Grid): string {
  return `${source}/${symbol}/${nameOf(grid)}`;
}

function load(file: RecordingFile): LoadedFile {
  const candles = file.read();
  const first = candles.at(0)?.openMs ?? 0;
  const last = candles.at(-1)?.openMs ?? 0;
  const dayAfter = Math.ceil(shiftOpenTime(file.grid, last, 1) / DAY_MS) * DAY_MS;
  return {
    startMs: file.startMs ?? Math.floor(first / DAY_MS) * DAY_MS,
    endMs: file.endMs ?? dayAfter,
    candles: new Map(candles.map((candle) => [candle.openMs, candle])),
  };
}

function* visionFiles(folder: string): Generator<RecordingFile> {
  for (const { path, names } of filesBelow(folder, "binance-vision")) {
    const match = VISION_NAME.exec(names.at(-1) ?? "");
    const grid = gridOf(match?.[2] ?? "");
    if (match === null || grid === undefined) {
      continue;
    }
    const [, symbol = "", , year, month, day, extension] = match;
    const from = [Number(year), Number(month) - 1] as const;
    yield {
      source: "binance",
      symbol,
      grid,
      startMs: Date.UTC(...from, Number(day ?? 1)),
      endMs:
        day === undefined ? Date.UTC(from[0], from[1] + 1) : Date.UTC(...from, Number(day) + 1),
      read: () => parseVisionFile(readFileSync(path), extension === "zip"),
    };
  }
}

/** Bodies of klines requests: `{symbol}/{interval}/{first day}.json`. Where one ends, its rows say. */
function* restFiles(folder: string): Generator<RecordingFile> {
  for (const { path, names } of filesBelow(folder, "binance-rest").toReversed()) {
    const [symbol = "", interval = "", name = ""] = names;
    const grid = gridOf(interval);
    const startMs = Date.parse(name.replace(".json", "T00:00:00Z"));
    if (grid !== undefined && name.endsWith(".json") && !Number.isNaN(startMs)) {
      yield {
        source: "binance",
        symbol,
        grid,
        startMs,
        endMs: undefined,
        read: () => parseKlinesBody(readFileSync(path)),
      };
    }
  }
}

function* krakenFiles(folder: string): Generator<RecordingFile> {
  for (const { path, names } of filesBelow(folder, "kraken-ohlcvt")) {
    const match = KRAKEN_NAME.exec(names.at(-1) ?? "");
    if (match !== null) {
      yield {
        source: "kraken",
        symbol: match[1] ?? "",
        grid: everyMs(Number(match[2]) * MINUTE_MS),
        startMs: undefined,
        endMs: undefined,
        read: () => parseKrakenFile(readFileSync(path)),
      };
    }
  }
}

interface FoundFile {
  readonly path: string;
  /** Names from the folder of its kind on; the last is the file's own. */
  readonly names: readonly string[];
}

/** The files below `folder/kind`, in the order of their paths. */
function filesBelow(folder: string, kind: string): FoundFile[] {
  const root = join(folder, kind);
  // A folder of recordings need not have all kinds.
  if (!existsSync(root)) {
    return [];
  }
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .toSorted((left, right) => (left < right ? -1 : 1))
    .map((path) => ({ path: join(root, path), names: path.split(sep) }));
}

function gridOf(interval: string): Grid | undefined {
  const unitMs = UNIT_MS[interval.slice(-1)];
  if (interval === "1w") {
    return EVERY_MONDAY;
  }
  return unitMs === undefined ? undefined : everyMs(Number(interval.slice(0, -1)) * unitMs);
}
