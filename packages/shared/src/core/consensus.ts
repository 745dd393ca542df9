import type { StoredDecimal } from "./decimal.ts";
import {
  findOutliers,
  OUTLIER_CONTEXT_CANDLES,
  OUTLIER_THRESHOLD_DEFAULT,
  type Outlier,
} from "./outlier.ts";
import { medianOf, spreadOf, weightedMedian } from "./robust.ts";
import type { ServedCandle } from "./served-candle.ts";
import type { SourceId } from "./source.ts";
import { addCandles, type Timeframe } from "./timeframe.ts";

/** Intervals before, and as many after, in which a source's usual deviation is looked for. */
const SPREAD_INTERVALS = 24;

/** Candles before, and as many after, of each series that a comparison depends on. */
export const COMPARE_CONTEXT_CANDLES = SPREAD_INTERVALS + OUTLIER_CONTEXT_CANDLES;

/** Fewer deviations around it do not say what is usual, and there is no score. */
const SPREAD_DEVIATIONS_MIN = 6;

/** Five basis points: where sources lie closer together than that, it is not called scatter. */
const SCALE_FLOOR = 0.0005;

/**
 * From this score on a close has no vote, if one without it has. It is lower than what marks a
 * close: where a market really moved, its closes at all sources are doubted, and then none is.
 */
const DOUBT_SCORE = 6;

/** What one source has of a symbol. */
export interface SourceCandles {
  readonly source: SourceId;
  /** Ascending; those around the compared range too. */
  readonly candles: readonly ServedCandle[];
}

/** The same, and what its own neighbours say of each candle. */
interface JudgedCandles extends SourceCandles {
  readonly outliers: readonly Outlier[];
}

/** What is compared. */
export interface CompareRange {
  readonly timeframe: Timeframe;
  /** First open time, inclusive, unix seconds. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** Score from which on deviations and outliers are marked. */
  readonly threshold?: number;
}

/** One source beside the consensus; each list has a member for each timestamp of the comparison. */
export interface ComparedSource {
  readonly source: SourceId;
  /** Null where the source has no candle. */
  readonly closes: readonly (StoredDecimal | null)[];
  readonly volumes: readonly (StoredDecimal | null)[];
  /** (close − consensus) / consensus; null where one of them is. */
  readonly deviations: readonly (number | null)[];
  /**
   * How many times the source's usual scatter its deviation lies above (negative: below) its usual
   * deviation; null where too few deviations around it say what is usual.
   */
  readonly scores: readonly (number | null)[];
  /** Whether the score is at the threshold or beyond. */
  readonly deviates: readonly boolean[];
  /** Those candles of the range that its own neighbours mark. */
  readonly outliers: readonly Outlier[];
}

export interface Comparison {
  /** Open times at which any source has a candle, ascending. */
  readonly timestamps: readonly number[];
  /** Null where fewer than two sources have a candle. */
  readonly consensus: readonly (number | null)[];
  readonly sources: readonly ComparedSource[];
}

/** A close that counts towards the consensus. */
interface Vote {
  readonly value: number;
  readonly weight: number | null;
  /** Whether its own neighbours contradict it. */
  readonly doubted: boolean;
}

/**
 * The closes of one symbol at several sources beside their consensus, the median weighted by
 * volume_from. A source that gives no volume has no vote, unless none gives one: then all have the
 * same. Nor has a close that its own neighbours contradict, unless they contradict it at all sources:
 * so one source's bad print does not become the consensus because much was traded at it.
 */
export function compareCloses(sources: readonly SourceCandles[], range: CompareRange): Comparison {
  const least = Math.min(DOUBT_SCORE, range.threshold ?? OUTLIER_THRESHOLD_DEFAULT);
  const judged = sources.map((one) => ({ ...one, outliers: findOutliers(one.candles, least) }));
  const consensus = consensusByTime(judged);
  const timestamps = [...consensus.keys()]
    .filter((time) => time >= range.from && time < range.to)
    .toSorted((a, b) => a - b);
  return {
    timestamps,
    consensus: timestamps.map((time) => consensus.get(time) ?? null),
    sources: judged.map((one) => compareSource(one, consensus, timestamps, range)),
  };
}

function consensusByTime(judged: readonly JudgedCandles[]): ReadonlyMap<number, number | null> {
  const votes = new Map<number, Vote[]>();
  for (const { candles, outliers } of judged) {
    const doubted = new Set(
      outliers
        .filter(({ field, score }) => field === "close" && Math.abs(score) >= DOUBT_SCORE)
        .map(({ timestamp }) => timestamp),
    );
    for (const { timestamp, close, volume_from: volume } of candles) {
      const atTime = votes.get(timestamp) ?? [];
      votes.set(timestamp, atTime);
      if (close !== null) {
        const weight = volume === null ? null : Number(volume);
        atTime.push({ value: Number(close), weight, doubted: doubted.has(timestamp) });
      }
    }
  }
  return new Map([...votes].map(([time, atTime]) => [time, consensusOf(atTime)]));
}

function consensusOf(atTime: readonly Vote[]): number | null {
  if (atTime.length < 2) {
    return null;
  }
  const trusted = atTime.filter(({ doubted }) => !doubted);
  const voters = trusted.length > 0 ? trusted : atTime;
  const weighted = voters.flatMap(({ value, weight }) =>
    weight === null ? [] : [{ value, weight }],
  );
  const equal = voters.map(({ value }) => ({ value, weight: 1 }));
  return weightedMedian(weighted.length > 0 ? weighted : equal) ?? null;
}

function compareSource(
  { source, candles, outliers }: JudgedCandles,
  consensus: ReadonlyMap<number, number | null>,
  timestamps: readonly number[],
  { timeframe, from, to, threshold = OUTLIER_THRESHOLD_DEFAULT }: CompareRange,
): ComparedSource {
  const byTime = new Map(candles.map((candle) => [candle.timestamp, candle]));
  const deviations = new Map(
    candles.map(({ timestamp, close }) => {
      const agreed = consensus.get(timestamp) ?? null;
      const isKnown = close !== null && agreed !== null;
      return [timestamp, isKnown ? (Number(close) - agreed) / agreed : null];
    }),
  );
  const scores = timestamps.map((time) => scoreAt(time, deviations, timeframe));
  return {
    source,
    closes: timestamps.map((time) => byTime.get(time)?.close ?? null),
    volumes: timestamps.map((time) => byTime.get(time)?.volume_from ?? null),
    deviations: timestamps.map((time) => deviations.get(time) ?? null),
    scores,
    deviates: scores.map((score) => score !== null && Math.abs(score) >= threshold),
    outliers: outliers.filter(
      ({ timestamp, score }) => timestamp >= from && timestamp < to && Math.abs(score) >= threshold,
    ),
  };
}

function scoreAt(
  time: number,
  deviations: ReadonlyMap<number, number | null>,
  timeframe: Timeframe,
): number | null {
  const deviation = deviations.get(time) ?? null;
  const around: number[] = [];
  for (let step = -SPREAD_INTERVALS; step <= SPREAD_INTERVALS; step += 1) {
    const neighbour = deviations.get(addCandles(time, timeframe, step)) ?? null;
    if (step !== 0 && neighbour !== null) {
      around.push(neighbour);
    }
  }
  if (deviation === null || around.length < SPREAD_DEVIATIONS_MIN) {
    return null;
  }
  const { median, scale } = spreadOf(around);
  return (deviation - median) / Math.max(scale, SCALE_FLOOR);
}

/** What a page says of one source in all. */
export interface SourceSummary {
  /** Open times of the page at which the source has a candle. */
  readonly candles: number;
  /** Of the absolute deviations; null where there is none. */
  readonly medianDeviation: number | null;
  /** The deviation that lies farthest from nothing, with its sign. */
  readonly maxDeviation: number | null;
  /** Candles whose deviation is marked. */
  readonly deviating: number;
  /** Candles that their own neighbours mark. */
  readonly outliers: number;
}

/** The summary of `source`. */
export function summarise({
  closes,
  deviations,
  deviates,
  outliers,
}: ComparedSource): SourceSummary {
  const known = deviations.filter((deviation) => deviation !== null);
  return {
    candles: closes.filter((close) => close !== null).length,
    medianDeviation: known.length === 0 ? null : medianOf(known.map(Math.abs)),
    maxDeviation:
      known.length === 0
        ? null
        : known.reduce((max, one) => (Math.abs(one) > Math.abs(max) ? one : max)),
    deviating: deviates.filter(Boolean).length,
    outliers: new Set(outliers.map(({ timestamp }) => timestamp)).size,
  };
}
