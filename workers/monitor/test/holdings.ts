import { env } from "cloudflare:workers";
import { CHAIN_START, type ArchiveFile } from "@candlehouse/shared/core/archive";
import { archiveKey } from "@candlehouse/shared/core/archive-key";
import type { Candle } from "@candlehouse/shared/core/candle";
import { REAL_CLOCK } from "@candlehouse/shared/core/clock";
import { partitionOf } from "@candlehouse/shared/core/partition";
import type { Series } from "@candlehouse/shared/core/series";
import { ARCHIVE_COLUMN_NAMES, archiveRowOf } from "@candlehouse/shared/d1/archive-file-row";
import { recordAsksStatement, type Ask } from "@candlehouse/shared/d1/asked-ranges";
import { listGaps, type ListedGap } from "@candlehouse/shared/d1/list-gaps";
import { describeFile } from "@candlehouse/shared/r2/describe-file";
import { encodeCandleFile } from "@candlehouse/shared/r2/encode-candle-file";
import { allCalls, type MonitorContext } from "../src/context.ts";
import type { NoticeSettings } from "../src/notice-settings.ts";

/** 2026-11-23T04:00:00Z, a Monday. */
export const NOW = Date.UTC(2026, 10, 23, 4) / 1_000;
export const TODAY = Date.UTC(2026, 10, 23) / 1_000;
export const DAY = 86_400;
export const MINUTE = 60;

/** Nobody is told of alerts. */
const NO_NOTICES: NoticeSettings = {
  channels: [],
  links: { dashboard: null, runbooks: null },
  problem: null,
};

/** The monitor on the real D1 and R2, at a time of the test's choice. */
export function monitorAt(
  nowSeconds: number = NOW,
  changes: Partial<MonitorContext> = {},
): MonitorContext {
  return {
    db: env.DB,
    bucket: env.BUCKET,
    producer: env.PRODUCER,
    queues: { candles: env.CANDLES, "candles-dlq": env.CANDLES_DLQ },
    hotDays: 20,
    clock: REAL_CLOCK,
    calls: allCalls(),
    notices: NO_NOTICES,
    realNowMs: () => nowSeconds * 1_000,
    sleep: () => Promise.resolve(),
    ...changes,
  };
}

export function seriesOf(
  symbol: string,
  source: Series["source"] = "binance",
  timeframe: Series["timeframe"] = "1m",
): Series {
  return { source, symbol, timeframe };
}

/** Open times from `from` (inclusive) to `to` (exclusive), but for those in one of `holes`. */
export function timesOf(
  from: number,
  to: number,
  holes: readonly (readonly [number, number])[] = [],
  step = MINUTE,
): number[] {
  return Array.from({ length: (to - from) / step }, (_, place) => from + place * step).filter(
    (time) => !holes.some(([start, end]) => time >= start && time < end),
  );
}

export async function putHot({ source, symbol, timeframe }: Series, times: readonly number[]) {
  await env.DB.prepare(
    `INSERT OR IGNORE INTO price_data
    SELECT ?1, ?2, ?3, value, 1, 2, 0.5, 1, 1, 1, 1 FROM json_each(?4)`,
  )
    .bind(source, symbol, timeframe, JSON.stringify(times))
    .run();
}

/** Puts `times` into current files, one a partition, made at `createdAt`, in place of those there. */
export async function putCold(
  series: Series,
  times: readonly number[],
  createdAt = 1_700_000_000,
): Promise<void> {
  const parts = Map.groupBy(times, (time) => partitionOf(time, series.timeframe));
  for (const [partition, some] of parts) {
    const candles = some.map((timestamp): Candle => ({
      timestamp,
      open: 1,
      high: 2,
      low: 0.5,
      close: 1,
      volume_from: 1,
      volume_to: 1,
      trades: 1,
    }));
    const { bytes, contentHash } = encodeCandleFile(series, candles, CHAIN_START);
    const key = archiveKey({ folder: "candles", series, partition, name: contentHash });
    const file: ArchiveFile = {
      ...describeFile(bytes, key, partition),
      series,
      partition,
      key,
      state: "current",
      createdAt,
      replacedAt: null,
      verifiedAt: 1_700_000_001,
      damage: null,
    };
    await env.BUCKET.put(key, bytes);
    await env.DB.prepare(
      `UPDATE archive_files SET state = 'replaced'
      WHERE source = ? AND symbol = ? AND timeframe = ? AND partition = ?`,
    )
      .bind(series.source, series.symbol, series.timeframe, partition)
      .run();
    await env.DB.prepare(
      `INSERT INTO archive_files (${ARCHIVE_COLUMN_NAMES.join(", ")})
      VALUES (${ARCHIVE_COLUMN_NAMES.map(() => "?").join(", ")})`,
    )
      .bind(...archiveRowOf(file))
      .run();
  }
}

export async function collect(series: Series, tier = 1): Promise<void> {
  await env.DB.prepare(
    "INSERT INTO series (source, symbol, timeframe, native_symbol, tier) VALUES (?, ?, ?, ?, ?)",
  )
    .bind(series.source, series.symbol, series.timeframe, series.symbol.replace("-", ""), tier)
    .run();
}

/** Notes that the source answered for a range, or whatever `changes` say. */
export async function answered(
  series: Series,
  start: number,
  end: number,
  changes: Partial<Ask> = {},
): Promise<void> {
  const ask: Ask = {
    start,
    end,
    outcome: "answered",
    found: 0,
    absent: 0,
    rejected: [],
    code: null,
    reason: null,
    askedAt: NOW - 3_600,
    ...changes,
  };
  await recordAsksStatement(env.DB, series, [ask]).run();
}

export async function gapRows(): Promise<readonly ListedGap[]> {
  return (await listGaps(env.DB, {}, undefined, 1_000)).rows;
}

/** `[series, start, end, missing, class, state]`, minutes from `origin`. */
export async function gapLines(origin: number): Promise<unknown[]> {
  return (await gapRows()).map(({ series, start, end, missing, class: name, state }) => [
    series.symbol,
    (start - origin) / MINUTE,
    (end - origin) / MINUTE,
    missing,
    name,
    state,
  ]);
}

export async function clearAll(): Promise<void> {
  const tables = [
    "price_data",
    "series",
    "archive_files",
    "gaps",
    "asked_ranges",
    "coverage",
    "source_state",
    "dead_letters",
    "jobs",
    "alerts",
    "cost_ledger",
    "alert_notices",
    "notice_channels",
    "monitor_checks",
    "source_failures",
    "tier_completeness",
  ];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
}

export async function clearGaps(): Promise<void> {
  await env.DB.exec("DELETE FROM gaps");
}
