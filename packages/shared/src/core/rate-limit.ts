/** How fast one host may be asked. Weights are the host's own unit; most count one a request. */
export interface RatePolicy {
  /** Weight that may be spent at once after a silence. */
  readonly burst: number;
  /** Weight that comes back each second. */
  readonly perSecond: number;
  /** What one request for candles weighs. */
  readonly requestWeight: number;
  /**
   * Used weight of the running minute, as the host tells it, above which we fall silent until the
   * next minute; null where the host tells nothing. Others may call from the same address.
   */
  readonly weightPerMinuteMax: number | null;
}

/** Why a host is left alone for a while. */
export type ClosedReason = "rate_limited" | "blocked" | "unavailable" | "weight";

/** What is remembered of a host between requests. Times are unix milliseconds. */
export interface RateState {
  /** Weight that may be spent, as of `atMs`. */
  readonly tokens: number;
  readonly atMs: number;
  /** Nothing is asked before this. */
  readonly closedUntilMs: number;
  readonly closedReason: ClosedReason | null;
  /** Refusals and failures since the last good answer. */
  readonly strikes: number;
}

/** What came of one request. */
export type Outcome =
  | { readonly kind: "answered"; readonly usedWeight: number | null }
  | { readonly kind: "rate_limited"; readonly retryAfterMs: number | null }
  | { readonly kind: "blocked" }
  | { readonly kind: "unavailable" };

/** What the limiter says to somebody who wants to ask. */
export interface Reservation {
  /** Requests that may be made now. */
  readonly granted: number;
  /** Where none is granted: how long to wait before asking again, in milliseconds. */
  readonly waitMs: number;
  /** Set while the host is left alone; then nothing is granted. */
  readonly closed: { readonly untilMs: number; readonly reason: ClosedReason } | null;
}

/** First silence after a refusal that names none; each further one doubles it. */
const SILENCE_MS_MIN = 30_000;
const SILENCE_MS_MAX = 15 * 60_000;
/**
 * Longest silence that a refusal may name: more than any ban that is known, of which Binance's may
 * take three days. A longer one is a mistake, and would end collection for good.
 */
const NAMED_SILENCE_MS_MAX = 7 * 86_400_000;
/** A host that refuses our place of origin does not change its mind within the hour. */
const BLOCKED_SILENCE_MS = 3_600_000;
/** A single failure may be a hiccup; so many in a row are a host that is down. */
const UNAVAILABLE_STRIKES_MIN = 3;
const MINUTE_MS = 60_000;

/** How a host is treated at a moment. */
export interface RateView {
  /**
   * `silent`: nothing is asked. `probing`: a silence is over, and the next request is a probe, alone.
   * `open`: it is asked as far as the bucket allows.
   */
  readonly state: "open" | "silent" | "probing";
  /** Unix milliseconds; null unless silent. */
  readonly silentUntilMs: number | null;
  /** Of the silence that is, or that was last and nobody asked since; else null. */
  readonly reason: ClosedReason | null;
  readonly strikes: number;
  /** How much of the bucket is spent: from 0 to 1. */
  readonly usedRatio: number;
}

/** The state of a host that was never asked. */
export function freshRateState(policy: RatePolicy, nowMs: number): RateState {
  return { tokens: policy.burst, atMs: nowMs, closedUntilMs: 0, closedReason: null, strikes: 0 };
}

/**
 * Takes up to `ask` requests out of the bucket, but leaves a weight of `keep` in it: work in the
 * background keeps that for those who are in a hurry. Returns the new state and what was granted.
 */
export function reserve(
  state: RateState,
  policy: RatePolicy,
  ask: number,
  nowMs: number,
  keep = 0,
): { readonly state: RateState; readonly reservation: Reservation } {
  if (state.closedReason !== null && nowMs < state.closedUntilMs) {
    const closed = { untilMs: state.closedUntilMs, reason: state.closedReason };
    const waitMs = state.closedUntilMs - nowMs;
    return { state, reservation: { granted: 0, waitMs, closed } };
  }
  // However long the silence has been over: what comes of one request is to be known first.
  const isProbe = state.closedReason !== null;
  const wanted = isProbe ? Math.min(ask, 1) : ask;
  const tokens = refill(state, policy, nowMs);
  // A bucket that only just holds a request never has anything over: then nothing is kept.
  const kept = Math.min(keep, policy.burst - policy.requestWeight);
  const granted = Math.max(0, Math.min(wanted, Math.floor((tokens - kept) / policy.requestWeight)));
  const left = tokens - granted * policy.requestWeight;
  // Long enough for all that was asked for, as far as the bucket holds it: each call is billed, and
  // somebody who came back for each single request would make many.
  const awaited = Math.min(
    Math.max(1, wanted),
    Math.floor((policy.burst - kept) / policy.requestWeight),
  );
  const missing = Math.max(0, kept + awaited * policy.requestWeight - left);
  const waitMs = granted > 0 ? 0 : Math.ceil((missing / policy.perSecond) * 1_000);
  const reservation = { granted, waitMs, closed: null };
  if (isProbe) {
    // With the probe the bucket begins anew; until somebody takes it, it waits for its next asker.
    const probed = { ...state, tokens: 0, atMs: nowMs, closedReason: null };
    return { state: granted > 0 ? probed : state, reservation };
  }
  return { state: { ...state, tokens: left, atMs: nowMs }, reservation };
}

/** How the host of `state` is treated at `nowMs`. */
export function describeRate(state: RateState, policy: RatePolicy, nowMs: number): RateView {
  const { closedReason: reason, closedUntilMs, strikes } = state;
  const isSilent = reason !== null && nowMs < closedUntilMs;
  // Of a bucket that waits for its probe, that alone is free.
  const free = reason === null ? refill(state, policy, nowMs) : policy.requestWeight;
  return {
    state: isSilent ? "silent" : reason === null ? "open" : "probing",
    silentUntilMs: isSilent ? closedUntilMs : null,
    reason,
    strikes,
    usedRatio: Math.min(1, Math.max(0, 1 - free / policy.burst)),
  };
}

function refill(state: RateState, policy: RatePolicy, nowMs: number): number {
  // A clock that was set back gives nothing back and takes nothing away.
  const elapsedMs = Math.max(0, nowMs - state.atMs);
  return Math.min(policy.burst, state.tokens + (elapsedMs / 1_000) * policy.perSecond);
}

/**
 * What is known of the host after `outcomes` of requests that were under way together. However many
 * of them failed, they tell of one failure: the worst of them counts, once.
 */
export function recordOutcomes(
  state: RateState,
  policy: RatePolicy,
  outcomes: readonly Outcome[],
  nowMs: number,
): RateState {
  const answered = outcomes
    .filter(({ kind }) => kind === "answered")
    .reduce((known, outcome) => recordOutcome(known, policy, outcome, nowMs), state);
  const worst = findWorst(outcomes);
  return worst === undefined ? answered : recordOutcome(answered, policy, worst, nowMs);
}

/** The failure that asks for the longest silence, or undefined where nothing failed. */
function findWorst(outcomes: readonly Outcome[]): Outcome | undefined {
  const limited = outcomes
    .filter((outcome) => outcome.kind === "rate_limited")
    .toSorted((a, b) => (b.retryAfterMs ?? 0) - (a.retryAfterMs ?? 0));
  return (
    outcomes.find(({ kind }) => kind === "blocked") ??
    limited[0] ??
    outcomes.find(({ kind }) => kind === "unavailable")
  );
}

/** What is known of the host after one request. */
function recordOutcome(
  state: RateState,
  policy: RatePolicy,
  outcome: Outcome,
  nowMs: number,
): RateState {
  switch (outcome.kind) {
    case "answered":
      return recordAnswer(state, policy, outcome.usedWeight, nowMs);
    case "rate_limited": {
      const silenceMs = outcome.retryAfterMs ?? growingSilenceMs(state.strikes);
      const untilMs = nowMs + Math.min(silenceMs, NAMED_SILENCE_MS_MAX);
      return close(state, policy, "rate_limited", untilMs);
    }
    case "blocked":
      return close(state, policy, "blocked", nowMs + BLOCKED_SILENCE_MS);
    case "unavailable": {
      const strikes = state.strikes + 1;
      if (strikes < UNAVAILABLE_STRIKES_MIN) {
        return { ...state, strikes };
      }
      const silenceMs = growingSilenceMs(strikes - UNAVAILABLE_STRIKES_MIN);
      return close(state, policy, "unavailable", nowMs + silenceMs);
    }
  }
}

function recordAnswer(
  state: RateState,
  policy: RatePolicy,
  usedWeight: number | null,
  nowMs: number,
): RateState {
  const answered = { ...state, strikes: 0 };
  if (usedWeight === null || policy.weightPerMinuteMax === null) {
    return answered;
  }
  if (usedWeight <= policy.weightPerMinuteMax) {
    return answered;
  }
  const nextMinuteMs = (Math.floor(nowMs / MINUTE_MS) + 1) * MINUTE_MS;
  return { ...close(answered, policy, "weight", nextMinuteMs), strikes: 0 };
}

/** Leaves the host alone; when it is asked again, one request goes first, as a probe. */
function close(
  state: RateState,
  policy: RatePolicy,
  reason: ClosedReason,
  untilMs: number,
): RateState {
  const closedUntilMs = Math.max(untilMs, state.closedUntilMs);
  return {
    tokens: policy.requestWeight,
    atMs: closedUntilMs,
    closedUntilMs,
    closedReason: reason,
    strikes: state.strikes + 1,
  };
}

function growingSilenceMs(strikes: number): number {
  return Math.min(SILENCE_MS_MAX, SILENCE_MS_MIN * 2 ** Math.min(strikes, 10));
}
