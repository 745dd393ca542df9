import { env } from "cloudflare:workers";
import type { Candle } from "@candlehouse/shared/core/candle";
import type { Series } from "@candlehouse/shared/core/series";
import {
  ARCHIVE_COLUMNS,
  archiveFileOf,
  type ArchiveFileRow,
} from "@candlehouse/shared/d1/archive-file-row";
import { decodeCandle, type CandleMessage } from "@candlehouse/shared/queue/candle-message";
import { decodeWholeFile } from "@candlehouse/shared/r2/describe-file";
import { readWholeFile } from "@candlehouse/shared/r2/read-candle-file";
import { keyOf, valueOf } from "./market.ts";

/** Values by candle. */
export type Values = Map<string, Set<string>>;

/** Where candles are at one moment, read past all faults. */
export interface Holdings {
  /** What a query answers: of the current file, or else of D1. */
  readonly served: ReadonlyMap<string, string>;
  /** Values that sources gave later. */
  readonly revised: Values;
  /** Every value that D1, files, revisions and open dead letters hold. */
  readonly held: Values;
}

type StoredRow = Candle & Series;

const VALUES = "timestamp, open, high, low, close, volume_from, volume_to, trades";

/** Reads what the stores hold. Throws ArchiveDamagedError where a file in use is not sound. */
export async function readHoldings(): Promise<Holdings> {
  const [hotRows, revisionRows, fileRows, letterRows] = await env.DB.batch<
    StoredRow & ArchiveFileRow & { body_key: string }
  >([
    env.DB.prepare(`SELECT source, symbol, timeframe, ${VALUES} FROM price_data`),
    env.DB.prepare(`SELECT source, symbol, timeframe, ${VALUES} FROM candle_revisions`),
    env.DB.prepare(
      `SELECT ${ARCHIVE_COLUMNS} FROM archive_files WHERE state IN ('current', 'fragment')`,
    ),
    env.DB.prepare(
      "SELECT body_key FROM dead_letters WHERE state = 'open' AND queue LIKE 'candles%'",
    ),
  ]);
  const hot = new Map<string, string>();
  const served = new Map<string, string>();
  const held: Values = new Map();
  for (const row of hotRows?.results ?? []) {
    hot.set(keyOf(row, row.timestamp), valueOf(row));
    addValue(held, keyOf(row, row.timestamp), valueOf(row));
  }
  const revised: Values = new Map();
  for (const row of revisionRows?.results ?? []) {
    addValue(revised, keyOf(row, row.timestamp), valueOf(row));
    addValue(held, keyOf(row, row.timestamp), valueOf(row));
  }
  for (const file of (fileRows?.results ?? []).map(archiveFileOf)) {
    const bytes = await readWholeFile(env.BUCKET, file);
    for (const candle of decodeWholeFile(bytes, file.key).candles) {
      const key = keyOf(file.series, candle.timestamp);
      addValue(held, key, valueOf(candle));
      if (file.state === "current") {
        served.set(key, valueOf(candle));
      }
    }
  }
  for (const [key, value] of hot) {
    served.set(key, served.get(key) ?? value);
  }
  for (const { body_key } of letterRows?.results ?? []) {
    const object = await env.BUCKET.get(body_key);
    if (object !== null) {
      addMessage(held, await object.json());
    }
  }
  return { served, revised, held };
}

/** Adds what a message carries. */
export function addMessage(values: Values, body: CandleMessage): void {
  for (const row of body.candles) {
    const [symbol, timeframe, timestamp] = row;
    const key = keyOf({ source: body.source, symbol, timeframe }, timestamp);
    addValue(values, key, valueOf(decodeCandle(row)));
  }
}

function addValue(values: Values, key: string, value: string): void {
  const known = values.get(key) ?? new Set<string>();
  values.set(key, known.add(value));
}
