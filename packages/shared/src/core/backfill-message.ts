import {
  candlesDue,
  type BackfillJob,
  type FinalState,
  type MissingTally,
} from "./backfill-job.ts";

/** What a job ends as: complete where all that is missing is what the source does not have. */
export function finalStateOf(tally: MissingTally): Extract<FinalState, "complete" | "incomplete"> {
  return tally.rejected + tally.beyondReach + tally.open === 0 ? "complete" : "incomplete";
}

/** What a job has stored, what is missing and why, in one sentence. */
export function backfillMessage(
  job: Pick<BackfillJob, "source" | "symbol" | "timeframe" | "request">,
  stored: number,
  tally: MissingTally,
  why?: string,
): string {
  const due = candlesDue(job);
  const missing = tally.absent + tally.rejected + tally.beyondReach + tally.open;
  const held = due - missing;
  const name = nameOf(job);
  const head = `${held} of ${due} candles of ${name} are held, ${stored} of them stored by this backfill`;
  if (missing === 0) {
    return `${head}; none is missing`;
  }
  const reasons = [
    count(tally.absent, `that ${job.source} was asked for and does not have`),
    count(tally.beyondReach, `older than ${job.source} still gives`),
    count(tally.rejected, "that came and can never be stored"),
    count(tally.open, "that could not be fetched or stored"),
  ].filter((text) => text !== "");
  return `${head}; ${missing} are missing: ${reasons.join(", ")}${why === undefined ? "" : ` (${why})`}`;
}

function count(candles: number, what: string): string {
  return candles === 0 ? "" : `${candles} ${what}`;
}

/** `binance:BTC-USDT:1m`, or of several markets how many there are. */
export function nameOf({
  source,
  symbol,
  timeframe,
  request,
}: Pick<BackfillJob, "source" | "symbol" | "timeframe" | "request">): string {
  return `${source}:${symbol ?? `${request.markets.length} symbols`}:${timeframe}`;
}
