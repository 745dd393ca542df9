import { DurableObject } from "cloudflare:workers";
import { parseClock, shownTimeMs } from "@candlehouse/shared/core/clock";
import {
  freshRateState,
  recordOutcomes,
  reserve,
  type Outcome,
  type RatePolicy,
  type RateState,
  type Reservation,
} from "@candlehouse/shared/core/rate-limit";

/** Key of the one value that the object keeps. */
const STATE_KEY = "rate-state";

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
  exchange(policy: RatePolicy, outcomes: readonly Outcome[], ask: number, keep = 0): Reservation {
    const nowMs = shownTimeMs(parseClock(this.env.CLOCK), Date.now());
    const before = this.ctx.storage.kv.get<RateState>(STATE_KEY) ?? freshRateState(policy, nowMs);
    const known = recordOutcomes(before, policy, outcomes, nowMs);
    const { state, reservation } = reserve(known, policy, ask, nowMs, keep);
    // Each write is billed. Where nothing was granted and nothing was learned, the state that is
    // stored says the same: the bucket fills by the clock.
    if (outcomes.length > 0 || reservation.granted > 0) {
      this.ctx.storage.kv.put(STATE_KEY, state);
    }
    return reservation;
  }
}

/** The limiter of `host`. `exports` has the class's type, which the generated binding has not. */
export function limiterOf(
  exports: Cloudflare.Exports,
  host: string,
): DurableObjectStub<HostLimiter> {
  return exports.HostLimiter.getByName(host);
}
