import type { TimeRange } from "./cold-plan.ts";
import { CLOCK_SKEW_SECONDS_MAX } from "./candle.ts";
import { InvalidInputError } from "./errors.ts";
import { LIVE_HOLES_MAX, LIVE_REACH_CANDLES, type LivePosition } from "./live-position.ts";
import { formatSeries, type Series } from "./series.ts";
import { addCandles, closeTimeOf, countCandles, isAligned, type Timeframe } from "./timeframe.ts";

/**
 * A position of a live stream as the id of an event: `1.` + a hash of the series + `.` + a part for
 * each series. A part is the mark, and then, walking back from it, how many candles are sent and how
 * many are not, in turn. Numbers have the base 36.
 */
const VERSION = "1";
const RADIX = 36;

/** Longer than any id that is given out. */
const ID_LENGTH_MAX = 8_192;

const ID =
  /^1\.([0-9a-z]{1,7})((?:\.[1-9a-z][0-9a-z]{0,6}(?:_[1-9a-z][0-9a-z]{0,2}_[1-9a-z][0-9a-z]{0,2})*)+)$/;

const FROM_AN_EVENT =
  "it must be the id of an event of an earlier stream of the same series, unchanged; leave it out to begin now";

/** The id of an event after which the stream of `series` is at `positions`, one each. */
export function formatLiveId(
  series: readonly Series[],
  positions: readonly LivePosition[],
): string {
  const parts = series.map(({ timeframe }, index) => {
    const position = positions[index];
    if (position === undefined) {
      throw new RangeError(`${positions.length} positions for ${series.length} series`);
    }
    return formatLiveIdPart(position, timeframe);
  });
  return joinLiveId(formatLiveIdHead(series), parts);
}

/** How the ids of all events of a stream of `series` begin. */
export function formatLiveIdHead(series: readonly Series[]): string {
  return `${VERSION}.${hashOf(series)}`;
}

/** What an id says of one series of candles of `timeframe`. */
export function formatLiveIdPart(position: LivePosition, timeframe: Timeframe): string {
  return [position.mark, ...runsOf(position, timeframe)]
    .map((count) => count.toString(RADIX))
    .join("_");
}

/** The id of `head` and of a part for each series, in their order. */
export function joinLiveId(head: string, parts: readonly string[]): string {
  return `${head}.${parts.join(".")}`;
}

/**
 * The positions that `id` names. Inverse of `formatLiveId`. Throws InvalidInputError with
 * `parameter` where no stream of `series` gave it out by `nowSeconds`. Whatever it holds, what it
 * leads to is bounded as any position is.
 */
export function parseLiveId(
  id: string,
  series: readonly Series[],
  nowSeconds: number,
  parameter: string,
): LivePosition[] {
  const [, hash, list = ""] = (id.length > ID_LENGTH_MAX ? null : ID.exec(id)) ?? [];
  const parts = list.split(".").slice(1);
  if (hash !== undefined && (hash !== hashOf(series) || parts.length !== series.length)) {
    throw new InvalidInputError(
      parameter,
      id,
      "it belongs to a stream of other series: give the same series in the same order",
    );
  }
  return series.map(({ timeframe }, index) => {
    const position = positionOf(parts[index] ?? "", timeframe, nowSeconds);
    if (hash === undefined || position === undefined) {
      throw new InvalidInputError(parameter, id, FROM_AN_EVENT);
    }
    return position;
  });
}

/** How many candles before the mark are sent and not sent, in turn, from the mark back. */
function runsOf({ mark, holes }: LivePosition, timeframe: Timeframe): number[] {
  let end = closeTimeOf(mark, timeframe);
  return holes.toReversed().flatMap(({ from, to }) => {
    const runs = [countCandles(to, end, timeframe), countCandles(from, to, timeframe)];
    end = from;
    return runs;
  });
}

function positionOf(
  part: string,
  timeframe: Timeframe,
  nowSeconds: number,
): LivePosition | undefined {
  const [mark = Number.NaN, ...runs] = part.split("_").map((text) => Number.parseInt(text, RADIX));
  const reach = runs.reduce((sum, run) => sum + run, 0);
  const isPossible =
    isAligned(mark, timeframe) &&
    mark <= nowSeconds + CLOCK_SKEW_SECONDS_MAX &&
    // The newest run holds the mark itself.
    reach <= LIVE_REACH_CANDLES + 1 &&
    runs.length <= 2 * LIVE_HOLES_MAX;
  if (!isPossible) {
    return undefined;
  }
  const holes: TimeRange[] = [];
  let end = closeTimeOf(mark, timeframe);
  for (let index = 0; index < runs.length; index += 2) {
    const to = addCandles(end, timeframe, -(runs[index] ?? 0));
    const from = addCandles(to, timeframe, -(runs[index + 1] ?? 0));
    holes.unshift({ from, to });
    end = from;
  }
  return { mark, holes };
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a of the names: tells another stream's id from this one's, and keeps no secret. */
function hashOf(series: readonly Series[]): string {
  let hash = FNV_OFFSET;
  for (const character of series.map(formatSeries).join(",")) {
    hash = Math.imul(hash ^ character.charCodeAt(0), FNV_PRIME) >>> 0;
  }
  return hash.toString(RADIX);
}
