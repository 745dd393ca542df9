import { monthOf } from "@candlehouse/shared/core/cost";
import { LEDGER_HOUR_SECONDS } from "@candlehouse/shared/core/ledger-window";
import {
  addToTally,
  newTally,
  type LedgerRow,
  type LedgerTally,
  type Work,
} from "@candlehouse/shared/core/ledger";

/** Rows of an hour may still change for so long after it is over: work runs on. Seconds. */
const SETTLED_SECONDS = 2 * LEDGER_HOUR_SECONDS;

/** What the ledger sums up to. */
export interface LedgerTotals {
  /** Since it began. */
  readonly works: ReadonlyMap<Work, LedgerTally>;
  /** In the running month, whatever the work. */
  readonly month: LedgerTally;
}

/**
 * Sums of the ledger. Hours that are settled are kept in the isolate: a scrape reads the rows of the
 * last hours, not those of years.
 */
export class LedgerSums {
  readonly #works = new Map<Work, LedgerTally>();
  readonly #months = new Map<string, LedgerTally>();
  #until = 0;

  /** From here on, unix seconds, rows are to be read. */
  get fromHour(): number {
    return this.#until;
  }

  /** What `rows`, all from `fromHour` on, and what was summed before come to at `nowSeconds`. */
  add(rows: readonly LedgerRow[], nowSeconds: number): LedgerTotals {
    // Another scrape may have summed some of them meanwhile.
    const fresh = rows.filter(({ hour }) => hour >= this.#until);
    const running = nowSeconds - (nowSeconds % LEDGER_HOUR_SECONDS);
    this.#until = Math.max(this.#until, running - SETTLED_SECONDS);
    for (const row of fresh.filter(({ hour }) => hour < this.#until)) {
      addTo(this.#works, row.work, row);
      addTo(this.#months, monthOf(row.hour), row);
    }
    const works = new Map([...this.#works].map(([work, sum]) => [work, { ...sum }]));
    const month = monthOf(nowSeconds);
    const sum = { ...(this.#months.get(month) ?? newTally()) };
    for (const row of fresh.filter(({ hour }) => hour >= this.#until)) {
      addTo(works, row.work, row);
      if (monthOf(row.hour) === month) {
        addToTally(sum, row);
      }
    }
    return { works, month: sum };
  }
}

function addTo<Key>(sums: Map<Key, LedgerTally>, key: Key, row: LedgerRow): void {
  const sum = sums.get(key) ?? newTally();
  addToTally(sum, row);
  sums.set(key, sum);
}
