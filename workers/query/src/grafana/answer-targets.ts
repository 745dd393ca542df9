import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { pageLimitOf } from "@candlehouse/shared/core/query-plan";
import { formatSeries, parseSeries, type Series } from "@candlehouse/shared/core/series";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { assertKnownSeries } from "../find-series.ts";
import { assertRange } from "../outlier-query.ts";
import type { Stores } from "../read-pages.ts";
import { servePages } from "../serve/serve-candles.ts";
import { PLAIN, type SeriesWanted, type ServeCost } from "../serve/serve-query.ts";
import { planOf, sumCosts } from "../server-timing.ts";
import type { PanelField, PanelQueryBody, PanelTarget } from "./bodies.ts";
import { chooseInterval } from "./choose-interval.ts";
import { passesFilters } from "./list-panel-series.ts";
import { assertInterval, assertShown, MAX_DATA_POINTS_DEFAULT, wantedOf } from "./panel-query.ts";
import { completenessTable, gapsTable, type PanelAnswer } from "./panel-tables.ts";

/** A target that names a series. */
interface Shown {
  readonly refId: string | undefined;
  readonly series: Series;
  readonly field: PanelField;
  /** The candles that it shows; undefined where it shows none. */
  readonly wanted: SeriesWanted | undefined;
}

/** The answers to a query, and how its candles came about. */
export interface TargetsAnswered {
  readonly answers: readonly PanelAnswer[];
  /** Of the candles; tables cost a query or a few each, which are not counted. */
  readonly cost: ServeCost;
  /** For Server-Timing; empty where no candles were read. */
  readonly plan: string;
}

/**
 * The answer to each target of `body` that names a series and is shown, in their order. Throws
 * InvalidInputError, NotFoundError, and as `servePages` does.
 */
export async function answerTargets(
  stores: Stores,
  body: PanelQueryBody,
  nowSeconds: number,
): Promise<TargetsAnswered> {
  const { from, to } = body.range;
  assertRange(from, to, ["range.from", "range.to"]);
  const shown = body.targets.flatMap((target, index) => shownBy(target, index, body));
  const { candles, cost, plan } = await readCandles(stores, shown, body, nowSeconds);
  const answers: PanelAnswer[] = [];
  for (const one of shown) {
    answers.push(
      one.wanted === undefined
        ? await tableAnswer(stores.DB, one, body, nowSeconds)
        : candlesAnswer(one, candles.get(keyOf(one.wanted)) ?? []),
    );
  }
  return { answers, cost, plan };
}

/** Nothing where the target is hidden, names no series, or does not pass the filters. */
function shownBy(
  { target, refId, hide, payload }: PanelTarget,
  index: number,
  body: PanelQueryBody,
): Shown[] {
  if (target === undefined || target === "" || hide === true) {
    return [];
  }
  const series = parseSeries(target);
  if (series === undefined) {
    throw new InvalidInputError(
      `targets.${index}.target`,
      target,
      "a series such as binance:BTC-USDT:1m",
    );
  }
  if (!passesFilters(series, body.filters)) {
    return [];
  }
  const { field, interval } = payload ?? { field: "close", interval: "auto" };
  if (field === "gaps" || field === "completeness") {
    return [{ refId, series, field, wanted: undefined }];
  }
  if (interval !== "auto") {
    assertInterval(series, interval);
    assertShown(
      `targets.${index}.payload.interval`,
      interval,
      body.range,
      pageLimitOf(body.targets.length),
    );
    return [{ refId, series, field, wanted: wantedOf(series, interval) }];
  }
  const { maxDataPoints = MAX_DATA_POINTS_DEFAULT, intervalMs = 0 } = body;
  const most = Math.min(Math.floor(maxDataPoints), pageLimitOf(body.targets.length));
  const timeframe = chooseInterval(series.timeframe, body.range, most, intervalMs / 1_000);
  return [{ refId, series, field, wanted: wantedOf(series, timeframe) }];
}

interface CandlesRead extends Omit<TargetsAnswered, "answers"> {
  readonly candles: ReadonlyMap<string, readonly ServedCandle[]>;
}

/** The candles of all targets by `keyOf`: two that show two fields of the same are read once. */
async function readCandles(
  stores: Stores,
  shown: readonly Shown[],
  body: PanelQueryBody,
  nowSeconds: number,
): Promise<CandlesRead> {
  const wanted = new Map(
    shown.flatMap((one) => (one.wanted === undefined ? [] : [[keyOf(one.wanted), one.wanted]])),
  );
  if (wanted.size === 0) {
    return { candles: new Map(), cost: sumCosts([]), plan: "" };
  }
  const { from, to } = body.range;
  const limit = pageLimitOf(body.targets.length);
  const query = { ...PLAIN, wanted: [...wanted.values()], start: from, end: to, limit };
  const { pages, cost } = await servePages(stores, query, nowSeconds);
  const empty = [...wanted.values()].filter((_, index) => pages[index]?.candles.length === 0);
  await assertKnownSeries(
    stores.DB,
    empty.map(({ source, symbol, timeframe, finest = timeframe }) => ({
      source,
      symbol,
      timeframe: finest,
    })),
  );
  const candles = new Map(
    [...wanted.keys()].map((key, index) => [key, pages[index]?.candles ?? []]),
  );
  return { candles, cost, plan: planOf(pages, query, cost) };
}

function keyOf({ source, symbol, timeframe, finest }: SeriesWanted): string {
  return [source, symbol, timeframe, finest].join(":");
}

function candlesAnswer(
  { refId, series, field }: Shown,
  candles: readonly ServedCandle[],
): PanelAnswer {
  if (field === "candles") {
    return {
      type: "table",
      refId,
      columns: [
        { text: "time", type: "time" },
        ...CANDLE_COLUMNS.map((text) => ({ text, type: "number" as const })),
      ],
      rows: candles.map((candle) => [
        candle.timestamp * 1_000,
        ...CANDLE_COLUMNS.map((column) => valueOf(candle, column)),
      ]),
    };
  }
  return {
    target: `${formatSeries(series)} ${field}`,
    refId,
    datapoints: candles.map((candle) => [valueOf(candle, field), candle.timestamp * 1_000]),
  };
}

const CANDLE_COLUMNS = ["open", "high", "low", "close", "volume", "trades"] as const;

/** As a double: Grafana's own numbers are no more. */
function valueOf(candle: ServedCandle, field: PanelField): number | null {
  const value = VALUES[field]?.(candle) ?? null;
  return value === null ? null : Number(value);
}

const VALUES: Partial<Record<PanelField, (candle: ServedCandle) => string | number | null>> = {
  open: ({ open }) => open,
  high: ({ high }) => high,
  low: ({ low }) => low,
  close: ({ close }) => close,
  volume: ({ volume_from: volume }) => volume,
  trades: ({ trades }) => trades,
};

async function tableAnswer(
  db: D1Database,
  { refId, series, field }: Shown,
  { range }: PanelQueryBody,
  nowSeconds: number,
): Promise<PanelAnswer> {
  await assertKnownSeries(db, [series]);
  const table =
    field === "gaps"
      ? await gapsTable(db, series, range)
      : await completenessTable(db, series, range, nowSeconds);
  return { ...table, refId };
}
