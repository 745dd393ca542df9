import { shownSeconds } from "@candlehouse/shared/core/clock";
import { ERROR_CODES } from "@candlehouse/shared/core/errors";
import type { Gap } from "@candlehouse/shared/core/gap";
import { planRepair, type Repair } from "@candlehouse/shared/core/repair-plan";
import { formatSeries } from "@candlehouse/shared/core/series";
import { countAttempts } from "@candlehouse/shared/d1/gaps";
import { listRepairs, type GapFilter } from "@candlehouse/shared/d1/list-gaps";
import type { MonitorContext } from "./context.ts";
import type { SeriesFailure } from "./scan-page.ts";

/** Gaps that one call looks at; of more, the next call finds those that are left. */
const GAPS_MAX = 10_000;

/** What the producer says of a request that may go well later, though it is in the 400s. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 409, 429]);

/** What a repair began. */
export interface RepairOutcome {
  /** Gaps that are asked for again, and their missing candles. */
  readonly gaps: number;
  readonly candles: number;
  /** Ids of the backfills, one a range; none of a dry run. */
  readonly backfills: readonly string[];
  /** Gaps that are left to a later call; where there are `more` than were looked at, at least these. */
  readonly left: number;
  readonly more: boolean;
  readonly errors: readonly SeriesFailure[];
}

/** What came of the request for one backfill. */
type Begun =
  | { readonly id: string }
  | {
      readonly failure: SeriesFailure;
      /** Asked again it would be refused again. */ readonly isFinal: boolean;
    };

/**
 * Begins backfills for the gaps that `filter` lets through and that may be filled, near ones
 * together, those first that were tried least: as many as the invocation has calls left for. A scan
 * after them says what came of it. A dry run only says what would be begun.
 */
export async function repairGaps(
  context: MonitorContext,
  filter: GapFilter,
  isDry: boolean,
): Promise<RepairOutcome> {
  const { rows } = await listRepairs(context.db, filter, GAPS_MAX + 1);
  const repairs = planRepair(rows.slice(0, GAPS_MAX));
  const now = repairs.slice(0, context.calls.left);
  const later = repairs.slice(now.length).flatMap(({ gaps }) => gaps);
  const backfills: string[] = [];
  const errors: SeriesFailure[] = [];
  const asked: Gap[] = [];
  for (const repair of now) {
    const begun = isDry ? undefined : await begin(context, repair);
    if (begun !== undefined && "failure" in begun) {
      errors.push(begun.failure);
    } else {
      backfills.push(...(begun === undefined ? [] : [begun.id]));
      asked.push(...repair.gaps);
    }
  }
  return {
    gaps: asked.length,
    candles: asked.reduce((sum, { missing }) => sum + missing, 0),
    backfills,
    left: later.length + Number(rows.length > GAPS_MAX),
    more: rows.length > GAPS_MAX,
    errors,
  };
}

/**
 * Begins the backfill of `repair`, and counts the attempt: one that was refused for good too, or it
 * would be made each night.
 */
async function begin(context: MonitorContext, repair: Repair): Promise<Begun> {
  context.calls.left -= 1;
  const begun = await askForBackfill(context.producer, repair);
  if ("id" in begun || begun.isFinal) {
    const starts = repair.gaps.map(({ start }) => start);
    await countAttempts(context.db, repair.series, starts, shownSeconds(context));
  }
  return begun;
}

/** The id of the backfill that the producer begins, or goes on with; or why it does not. */
async function askForBackfill(producer: Fetcher, { series, start, end }: Repair): Promise<Begun> {
  const failure = (reason: string): SeriesFailure => ({
    series: formatSeries(series),
    code: "internal",
    reason,
  });
  const order = { ...series, start, end };
  const answer = await post(producer, JSON.stringify(order)).catch((error: unknown) => ({
    reason: `the producer could not be asked: ${String(error)}`,
  }));
  if ("reason" in answer) {
    return { failure: failure(answer.reason), isFinal: false };
  }
  const { status, told } = answer;
  const { id, code, detail } = told;
  if (status < 300 && typeof id === "string") {
    return { id };
  }
  const reason = typeof detail === "string" ? detail : `the producer answered ${status}`;
  return {
    failure: {
      ...failure(reason),
      code: ERROR_CODES.find((known) => known === code) ?? "internal",
    },
    isFinal: status >= 400 && status < 500 && !PASSING_STATUSES.has(status),
  };
}

/** What the producer answers; nothing is told where its answer is not JSON. */
async function post(
  producer: Fetcher,
  body: string,
): Promise<{ readonly status: number; readonly told: Readonly<Record<string, unknown>> }> {
  const response = await producer.fetch("https://producer/v1/backfills", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  const text = await response.text();
  return { status: response.status, told: membersOf(text) };
}

function membersOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch {
    // Not JSON: the status says what there is to say.
    return {};
  }
}
