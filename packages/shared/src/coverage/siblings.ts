import type { TimeRange } from "../core/cold-plan.ts";
import { ArchiveDamagedError } from "../core/errors.ts";
import { dayOf, dayStart, joinRuns, type Run } from "../core/missing.ts";
import { formatSeries, type Series } from "../core/series.ts";
import {
  siblingEvidence,
  SIBLINGS_MAX,
  siblingWindows,
  type Sibling,
  type SiblingEvidence,
} from "../core/sibling-evidence.ts";
import { readAsks } from "../d1/asked-ranges.ts";
import { listSeriesOf } from "../d1/series-facts.ts";
import { readHeldTimesIn, type CandleStores } from "./find-missing.ts";

/** Open times that are kept between series: 32 MB, a quarter of an isolate's memory. */
const KEPT_TIMES_MAX = 4_000_000;

/**
 * What other series of a source held around runs of missing candles, and were asked for there. What is read for one series is
 * kept for the next ones: an outage is looked at from all of them.
 */
export class SiblingReader {
  readonly #stores: CandleStores;
  readonly #lists = new Map<string, Promise<Series[]>>();
  readonly #read = new Map<string, Sibling>();
  #kept = 0;

  constructor(stores: CandleStores) {
    this.#stores = stores;
  }

  /** The evidence for each of `runs`, ascending runs of `series`, in their order. */
  async read(series: Series, runs: readonly Run[]): Promise<SiblingEvidence[]> {
    if (runs.length === 0) {
      return [];
    }
    const windows = runs.map((run) => siblingWindows(run, series.timeframe));
    const ranges = rangesOf(
      windows.flatMap(({ before, within, after }) => [before, within, after]),
    );
    const siblings: Sibling[] = [];
    for (const sibling of await this.#siblingsOf(series)) {
      siblings.push(await this.#readSibling(sibling, ranges));
    }
    return windows.map((window) => siblingEvidence(siblings, window, series));
  }

  async #siblingsOf(series: Series): Promise<Series[]> {
    const { source, timeframe } = series;
    const key = `${source} ${timeframe}`;
    const list =
      this.#lists.get(key) ?? listSeriesOf(this.#stores.db, source, timeframe, SIBLINGS_MAX + 1);
    this.#lists.set(key, list);
    const all = await list;
    return all.filter(({ symbol }) => symbol !== series.symbol).slice(0, SIBLINGS_MAX);
  }

  async #readSibling(series: Series, ranges: readonly TimeRange[]): Promise<Sibling> {
    const bounds = ranges.map(({ from, to }) => `${from}-${to}`).join(" ");
    const key = `${formatSeries(series)} ${bounds}`;
    const known = this.#read.get(key);
    if (known !== undefined) {
      return known;
    }
    const held = await readHeldTimesIn(this.#stores, series, ranges).catch(noneWhereDamaged);
    const [start, end] = [ranges[0]?.from ?? 0, ranges.at(-1)?.to ?? 0];
    const asks = await readAsks(this.#stores.db, series, { start, end });
    const sibling = { held, answered: asks.filter(({ outcome }) => outcome === "answered") };
    if (this.#kept + held.length > KEPT_TIMES_MAX) {
      this.#read.clear();
      this.#kept = 0;
    }
    this.#read.set(key, sibling);
    this.#kept += held.length;
    return sibling;
  }
}

/** What is held by a damaged file is no evidence; the scan of its own series says what is wrong. */
function noneWhereDamaged(error: unknown): Float64Array {
  if (error instanceof ArchiveDamagedError) {
    return new Float64Array(0);
  }
  throw error;
}

/** The whole days that `runs` (in any order) touch, joined: what is asked for alike is read once. */
function rangesOf(runs: readonly Run[]): TimeRange[] {
  const days = runs
    .map(({ start, end }) => ({ start: dayStart(dayOf(start)), end: dayStart(dayOf(end - 1) + 1) }))
    .toSorted((a, b) => a.start - b.start);
  return joinRuns(days, 0, "1d").map(({ start, end }) => ({ from: start, to: end }));
}
