import { DurableObject } from "cloudflare:workers";
import { parseClock, shownTimeMs } from "@candlehouse/shared/core/clock";
import type { LedgerTally } from "@candlehouse/shared/core/ledger";
import {
  describeRate,
  freshRateState,
  recordOutcomes,
  reserve,
  type Outcome,
  type RatePolicy,
  type RateState,
  type RateView,
  type Reservation,
} from "@candlehouse/shared/core/rate-limit";

/** Key of the one value that the object keeps. */
const STATE_KEY = "rate-state";

/** A reservation, and what it cost. */
export interface Exchanged extends Reservation {
  /** Billed rows of the object's storage. */
  readonly rowsWritten: number;
}

/**
 * The one place that decides whether a host may be asked: there is one object a host, and every
 * invocation that asks the host goes through it. The state is in the object's storage before an
 * answer leaves, so a restart neither forgets a ban nor grants a burst twice.
 */
export class HostLimiter extends DurableObject<Env> {
  /**
   * Takes in what came of earlier requests, then reserves up to `ask` new ones; one who works in
   * the background leaves a weight of `keep` to the others. One call does both, since each call is
   * billed.
   */
  exchange(policy: RatePolicy, outcomes: readonly Outcome[], ask: number, keep = 0): Exchanged {
    const nowMs = shownTimeMs(parseClock(this.env.CLOCK), Date.now());
    const before = this.ctx.storage.kv.get<RateState>(STATE_KEY) ?? freshRateState(policy, nowMs);
    const known = recordOutcomes(before, policy, outcomes, nowMs);
    const { state, reservation } = reserve(known, policy, ask, nowMs, keep);
    // Each write is billed. Where nothing was granted and nothing was learned, the state that is
    // stored says the same: the bucket fills by the clock.
    const isNew = outcomes.length > 0 || reservation.granted > 0;
    if (isNew) {
      this.ctx.storage.kv.put(STATE_KEY, state);
    }
    return { ...reservation, rowsWritten: isNew ? 1 : 0 };
  }

  /** How the host is treated now. Nothing is written, and a host that was never asked stays so. */
  look(policy: RatePolicy): RateView {
    const nowMs = shownTimeMs(parseClock(this.env.CLOCK), Date.now());
    const state = this.ctx.storage.kv.get<RateState>(STATE_KEY) ?? freshRateState(policy, nowMs);
    return describeRate(state, policy, nowMs);
  }
}

/** The limiter of one host; each call adds to a tally what is billed of it. */
export interface CountedLimiter {
  readonly exchange: (...given: Parameters<HostLimiter["exchange"]>) => Promise<Reservation>;
  readonly look: (...given: Parameters<HostLimiter["look"]>) => Promise<RateView>;
}

/**
 * The limiter of `host`, whose calls add to `tally`. A call that fails is billed as well.
 * `exports` has the class's type, which the generated binding has not.
 */
export function limiterOf(
  exports: Cloudflare.Exports,
  host: string,
  tally: LedgerTally,
): CountedLimiter {
  const limiter = exports.HostLimiter.getByName(host);
  return {
    exchange: async (...given) => {
      tally.object_requests += 1;
      const { rowsWritten, ...reservation } = await limiter.exchange(...given);
      tally.object_rows_written += rowsWritten;
      return reservation;
    },
    look: async (...given) => {
      tally.object_requests += 1;
      return limiter.look(...given);
    },
  };
}
