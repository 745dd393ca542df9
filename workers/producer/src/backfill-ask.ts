import type { CandlehouseError } from "@candlehouse/shared/core/errors";
import { SourceRateLimitedError, SourceReachError } from "@candlehouse/shared/core/errors";
import type { Outcome, Reservation } from "@candlehouse/shared/core/rate-limit";
import {
  closedText,
  REQUESTS_AT_ONCE_MAX,
  RESERVATION_MAX,
  type CollectorTools,
} from "./collect-shard.ts";
import { expectCandlehouseError } from "./expected-error.ts";
import { outcomeOf } from "./fetch-candles.ts";
import type { Source } from "./sources/source.ts";

/** Attempts at one request within a step; after them it is for a later step. */
const ATTEMPTS_MAX = 3;

/** Pause before requests that failed are tried again, by the source's clock; doubled each time. */
const RETRY_PAUSE_MS = 2_000;

/** What asking a source touches. Times are those of the source's clock, but for the real ones. */
export interface AskTools extends Pick<CollectorTools, "access" | "reserve" | "nowMs" | "sleep"> {
  /** How long a wait takes really. */
  readonly realMs: (ms: number) => number;
  /** The real time, unix milliseconds. */
  readonly realNowMs: () => number;
}

/** What is asked: one request an item. */
export interface Questions<Item, Result> {
  readonly items: readonly Item[];
  readonly ask: (
    item: Item,
    host: string,
  ) => Promise<{ readonly result: Result; readonly usedWeight: number | null }>;
}

/** Why items were left. */
export type AskStop =
  /** The hosts are left alone; so many milliseconds by the source's clock. */
  | { readonly kind: "wait"; readonly waitMs: number; readonly error: CandlehouseError }
  /** The time of the step is over. */
  | { readonly kind: "time"; readonly waitMs: number }
  /** The source will never answer this. */
  | { readonly kind: "hopeless"; readonly error: CandlehouseError };

/** What came of the questions. */
export interface AskReport<Item, Result> {
  readonly answered: readonly { readonly item: Item; readonly result: Result }[];
  /** Those that were tried as often as a step allows, and those that ask for what is too old. */
  readonly failed: readonly { readonly item: Item; readonly error: CandlehouseError }[];
  /** Those that were not asked, or whose host asked for silence; in their order. */
  readonly left: readonly Item[];
  readonly stop: AskStop | null;
  readonly requests: number;
  /** Everything that went wrong on the way. */
  readonly failures: readonly CandlehouseError[];
}

interface Pending<Item> {
  readonly item: Item;
  readonly place: number;
  readonly attempts: number;
}

interface Asking<Item, Result> {
  readonly source: Source;
  readonly questions: Questions<Item, Result>;
  readonly tools: AskTools;
  pending: Pending<Item>[];
  readonly answered: { item: Item; place: number; result: Result }[];
  readonly failed: { item: Item; error: CandlehouseError }[];
  readonly failures: CandlehouseError[];
  hostIndex: number;
  outcomes: Outcome[];
  requests: number;
  stop: AskStop | null;
}

/**
 * Asks `questions` of `source`, the first ones first, as fast as the limiter allows, until all are
 * answered, the source asks for silence, or the real time `deadlineMs` is over. Throws what is no
 * refusal of the source's.
 */
export async function askAll<Item, Result>(
  source: Source,
  questions: Questions<Item, Result>,
  deadlineMs: number,
  tools: AskTools,
): Promise<AskReport<Item, Result>> {
  const asking: Asking<Item, Result> = {
    source,
    questions,
    tools,
    pending: questions.items.map((item, place) => ({ item, place, attempts: 0 })),
    answered: [],
    failed: [],
    failures: [],
    hostIndex: 0,
    outcomes: [],
    requests: 0,
    stop: null,
  };
  while (asking.pending.length > 0 && asking.stop === null) {
    await takeRound(asking, deadlineMs);
  }
  if (asking.outcomes.length > 0) {
    await reserve(asking, 0);
  }
  const { failed, failures, requests, stop } = asking;
  return {
    answered: asking.answered.toSorted((a, b) => a.place - b.place),
    failed,
    failures,
    requests,
    stop,
    left: asking.pending.toSorted((a, b) => a.place - b.place).map(({ item }) => item),
  };
}

async function takeRound<Item, Result>(
  asking: Asking<Item, Result>,
  deadlineMs: number,
): Promise<void> {
  const { tools } = asking;
  const { granted, closed, waitMs } = await reserve(
    asking,
    Math.min(asking.pending.length, RESERVATION_MAX),
  );
  if (closed !== null) {
    leaveHost(asking, closed);
    return;
  }
  if (granted > 0) {
    await askSome(asking, granted);
  } else if (tools.realNowMs() + tools.realMs(waitMs) <= deadlineMs) {
    await tools.sleep(waitMs);
  } else {
    asking.stop = { kind: "time", waitMs };
    return;
  }
  if (asking.stop === null && asking.pending.length > 0 && tools.realNowMs() >= deadlineMs) {
    asking.stop = { kind: "time", waitMs: 0 };
  }
}

function reserve<Item, Result>(asking: Asking<Item, Result>, ask: number): Promise<Reservation> {
  const { outcomes, source, tools } = asking;
  asking.outcomes = [];
  return tools.reserve(hostOf(asking), source.rate, outcomes, ask);
}

function hostOf<Item, Result>({ source, hostIndex }: Asking<Item, Result>): string {
  const host = source.hosts[hostIndex];
  if (host === undefined) {
    throw new Error(`${source.id} has no host ${hostIndex}`);
  }
  return host;
}

/** Goes on at the next host where this one refuses our place of origin; else stops. */
function leaveHost<Item, Result>(
  asking: Asking<Item, Result>,
  closed: NonNullable<Reservation["closed"]>,
): void {
  if (closed.reason === "blocked" && asking.hostIndex + 1 < asking.source.hosts.length) {
    asking.hostIndex += 1;
    return;
  }
  const waitMs = Math.max(0, closed.untilMs - asking.tools.nowMs());
  const error =
    asking.failures.findLast(({ retryable }) => retryable) ??
    new SourceRateLimitedError(closedText(hostOf(asking), closed), waitMs);
  asking.stop = { kind: "wait", waitMs, error };
}

/** Asks for the next `count` items, a few at a time. */
async function askSome<Item, Result>(asking: Asking<Item, Result>, count: number): Promise<void> {
  const round = asking.pending.splice(0, count);
  const left: Pending<Item>[] = [];
  const again: Pending<Item>[] = [];
  const ask = async (): Promise<void> => {
    for (let next = round.shift(); next !== undefined; next = round.shift()) {
      if (left.length > 0 || asking.stop !== null) {
        // The host has just asked for silence: the rest of the round waits with the others.
        left.push(next);
      } else {
        await askOne(asking, next, left, again);
      }
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE_MAX }, ask));
  asking.pending = [...left, ...asking.pending, ...again];
  if (again.length > 0 && asking.stop === null) {
    const attempts = Math.max(...again.map((one) => one.attempts));
    await asking.tools.sleep(RETRY_PAUSE_MS * 2 ** (attempts - 1));
  }
}

async function askOne<Item, Result>(
  asking: Asking<Item, Result>,
  pending: Pending<Item>,
  left: Pending<Item>[],
  again: Pending<Item>[],
): Promise<void> {
  const { item, place } = pending;
  asking.requests += 1;
  try {
    const { result, usedWeight } = await asking.questions.ask(item, hostOf(asking));
    asking.outcomes.push({ kind: "answered", usedWeight });
    asking.answered.push({ item, place, result });
  } catch (thrown) {
    const error = expectCandlehouseError(thrown);
    const outcome = outcomeOf(error);
    const attempts = pending.attempts + 1;
    asking.outcomes.push(outcome);
    asking.failures.push(error);
    if (error instanceof SourceReachError) {
      // It tells of this request alone: later ones may be answered.
      asking.failed.push({ item, error });
    } else if (!error.retryable) {
      asking.stop = { kind: "hopeless", error };
      left.push(pending);
    } else if (outcome.kind === "blocked" || outcome.kind === "rate_limited") {
      left.push(pending);
    } else if (attempts < ATTEMPTS_MAX) {
      again.push({ ...pending, attempts });
    } else {
      asking.failed.push({ item, error });
    }
  }
}
