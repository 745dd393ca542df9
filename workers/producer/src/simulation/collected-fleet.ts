import { planCollection, type Shard } from "@candlehouse/shared/core/collect-plan";
import type { CandleWindow, SeriesProgress } from "@candlehouse/shared/core/collect-window";
import {
  planBatches,
  storeUnits,
  type SentMessages,
} from "@candlehouse/shared/core/fleet-month-store";
import {
  addToTally,
  newTally,
  type LedgerCounts,
  type LedgerTally,
} from "@candlehouse/shared/core/ledger";
import type { SourceId } from "@candlehouse/shared/core/source";
import { addCandles } from "@candlehouse/shared/core/timeframe";
import { MESSAGE_CANDLES_MAX } from "@candlehouse/shared/queue/candle-message";
import { sourceOf } from "../sources/registry.ts";
import type { Source } from "../sources/source.ts";
import { shiftBuckets, SourceMemory, type SourceOutcome } from "./source-memory.ts";
import type { Buckets, Latency } from "./source-tick.ts";

/** The plan of a tick reads two rows a series: its own, and its newest candle by the key. */
const ROWS_READ_A_SERIES = 2;

/** A source that goes on being well is written down so often, in seconds: collection-record.ts. */
const STATE_SECONDS = 600;

/** What is billed of a fleet in some time, by kind of work. */
export interface CollectionUnits {
  readonly collect: LedgerTally;
  readonly store: LedgerTally;
  /** Messages that would do if no shard began one of its own: those of a source and tick. */
  leastMessages: number;
  /** Ticks after which a series was still due. */
  lateTicks: number;
}

/** Units of nothing. */
export function noUnits(): CollectionUnits {
  return { collect: newTally(), store: newTally(), leastMessages: 0, lateTicks: 0 };
}

/**
 * A fleet that is collected on a clock of its own: a tick a minute, with the producer's plan, its
 * shards and its limiters, and the batches that the consumer is given of what they send. What is
 * sent is stored before the next tick.
 */
export class CollectedFleet {
  readonly #sources: ReadonlyMap<SourceId, Source>;
  readonly #memory: SourceMemory;
  readonly #places: ReadonlyMap<string, number>;
  #series: SeriesProgress[];
  #buckets: Buckets = new Map();
  /** When the state of each source was written down last, unix seconds. */
  #stateAt = new Map<SourceId, number>();

  constructor(series: readonly SeriesProgress[], latency: Latency) {
    this.#series = [...series];
    this.#places = new Map(series.map((one, place) => [keyOf(one.source, one), place]));
    const ids = new Set(series.map(({ source }) => source));
    this.#sources = new Map(Array.from(ids, (id) => [id, sourceOf(id)]));
    this.#memory = new SourceMemory(latency);
  }

  /** The tick of `nowSeconds`, a whole minute; adds what is billed of it to `units`. */
  async tick(nowSeconds: number, units: CollectionUnits): Promise<void> {
    const plan = planCollection(this.#series, this.#sources, nowSeconds);
    addToTally(units.collect, {
      runs: 1,
      requests: 1,
      rows_read: ROWS_READ_A_SERIES * this.#series.length,
      // Its own row of the ledger.
      rows_written: 1,
    });
    const sent: SentMessages[] = [];
    let left = plan.deferred;
    for (const [id, shards] of Map.groupBy(plan.shards, ({ source }) => source)) {
      const outcome = await this.#memory.collect(sourceOf(id), shards, this.#buckets, nowSeconds);
      this.#apply(id, shards, outcome, nowSeconds);
      addToTally(units.collect, outcome.tally);
      addToTally(units.collect, this.#record(id, shards, outcome));
      units.leastMessages += Math.ceil(outcome.tally.candles / MESSAGE_CANDLES_MAX);
      sent.push(...outcome.sent);
      left += outcome.shards.reduce((sum, { unreached }) => sum + unreached, 0);
    }
    units.lateTicks += left > 0 ? 1 : 0;
    for (const batch of planBatches(sent)) {
      addToTally(units.store, storeUnits(batch));
    }
  }

  /** All that what follows depends on, but for the time; two that are the same go on alike. */
  stateAt(nowSeconds: number): string {
    return JSON.stringify([
      this.#series.map(({ watermark, askedUntil }) => [
        (watermark ?? 0) - nowSeconds,
        askedUntil === null ? null : askedUntil - nowSeconds,
      ]),
      [...shiftBuckets(this.#buckets, -nowSeconds * 1_000)],
      Array.from(this.#stateAt, ([id, at]) => [id, at - nowSeconds]),
    ]);
  }

  /** Moves everything on by `seconds` in which it came back to where it was. */
  skip(seconds: number): void {
    this.#series = this.#series.map((one) => ({
      ...one,
      watermark: one.watermark === null ? null : one.watermark + seconds,
    }));
    this.#buckets = shiftBuckets(this.#buckets, seconds * 1_000);
    this.#stateAt = new Map(Array.from(this.#stateAt, ([id, at]) => [id, at + seconds]));
  }

  /** What a source did, to the limiters and to what is stored before the next tick. */
  #apply(
    source: SourceId,
    shards: readonly Shard[],
    outcome: SourceOutcome,
    nowSeconds: number,
  ): void {
    const buckets = shiftBuckets(outcome.buckets, nowSeconds * 1_000);
    this.#buckets = new Map([...this.#buckets, ...buckets]);
    for (const [place, { windows }] of shards.entries()) {
      for (const answered of outcome.shards[place]?.answered ?? []) {
        const window = windows[answered];
        if (window !== undefined) {
          this.#store(source, window);
        }
      }
    }
  }

  #store(source: SourceId, window: CandleWindow): void {
    const place = this.#places.get(keyOf(source, window));
    const series = place === undefined ? undefined : this.#series[place];
    if (place === undefined || series === undefined) {
      throw new Error(`nobody collects ${keyOf(source, window)}`);
    }
    const watermark = addCandles(window.end, window.timeframe, -1);
    this.#series[place] = { ...series, watermark };
  }

  /** What recording the shards of a source is billed: of them all, one may write its state. */
  #record(source: SourceId, shards: readonly Shard[], outcome: SourceOutcome): LedgerCounts {
    const at = shards[0]?.askAt ?? 0;
    const before = this.#stateAt.get(source);
    const isDue = before === undefined || before <= at - STATE_SECONDS;
    if (isDue) {
      this.#stateAt.set(source, at);
    }
    const silent = outcome.shards.reduce((sum, one) => sum + one.silent, 0);
    return { rows_read: shards.length, rows_written: (isDue ? 1 : 0) + silent };
  }
}

function keyOf(
  source: SourceId,
  { symbol, timeframe }: Pick<SeriesProgress, "symbol" | "timeframe">,
): string {
  return `${source}:${symbol}:${timeframe}`;
}
