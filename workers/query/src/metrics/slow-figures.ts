import { listHotSeries } from "@candlehouse/shared/d1/hot-candles";
import { countGaps, type GapCount } from "@candlehouse/shared/d1/read-metrics";

/** What is read by going through whole tables or keys is kept for so long, real milliseconds. */
const HELD_MS = 10 * 60_000;

/** What changes slowly and is long to read. */
export interface SlowFigures {
  readonly gaps: readonly GapCount[];
  /** Open time of the oldest candle in D1, unix seconds, by timeframe. */
  readonly oldestHot: ReadonlyMap<string, number>;
}

/** The slow figures, kept in the isolate. */
export class KeptFigures {
  #kept: { readonly figures: SlowFigures; readonly untilMs: number } | undefined;

  /** Throws StorageUnavailableError. */
  async read(db: D1Database, nowMs: number): Promise<SlowFigures> {
    if (this.#kept !== undefined && nowMs < this.#kept.untilMs) {
      return this.#kept.figures;
    }
    const [{ gaps }, hot] = await Promise.all([countGaps(db), listHotSeries(db)]);
    const oldestHot = new Map<string, number>();
    for (const { series, oldest } of hot) {
      const known = oldestHot.get(series.timeframe) ?? oldest;
      oldestHot.set(series.timeframe, Math.min(known, oldest));
    }
    const figures = { gaps, oldestHot };
    this.#kept = { figures, untilMs: nowMs + HELD_MS };
    return figures;
  }
}
