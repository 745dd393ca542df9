import { CandlehouseError } from "@candlehouse/shared/core/errors";
import type { SourceCandle } from "@candlehouse/shared/core/open-candle";
import type { Series } from "@candlehouse/shared/core/series";
import type { CollectorTools } from "./collect-shard.ts";
import { fetchAnswer, outcomeOf } from "./fetch-candles.ts";
import type { Told } from "./open-candle-memory.ts";
import { openWindowOf, parseOpenWindow, tellsOpenCandles } from "./sources/open-window.ts";
import { offReason, type CandleRequest, type Source } from "./sources/source.ts";

/** A chart does not wait longer for a source. */
export const OPEN_ANSWER_MS_MAX = 1_500;

/** How long what a source told is good for: a chart asks every ten seconds. */
const FRESH_MS = 4_000;

/** The same of a source that counts requests against a key, which may be used up. */
const FRESH_MS_KEYED = 30_000;

/** How long a source that told nothing is left alone about this series. */
const SILENT_MS = 10_000;

/**
 * How much of a host's bucket is left to collection, as a share: an open candle is asked for only
 * where the bucket is nearly full, so that nobody else is waiting.
 */
export const KEPT_SHARE = 0.75;

const NOTHING: Told = { candles: [], freshMs: SILENT_MS };

/**
 * The newest candles of a series, as its source tells them at this moment; none where the source is
 * off, has no such candles, is left alone by the limiter, or does not answer in time. Nothing is
 * stored. Throws what nobody throws on purpose.
 */
export async function askOpenCandles(
  source: Source,
  series: Series & { readonly nativeSymbol: string },
  tools: Pick<CollectorTools, "access" | "reserve" | "nowMs">,
): Promise<Told> {
  const isOff = offReason(source, tools.access.key) !== undefined;
  if (isOff || !tellsOpenCandles(source) || !source.timeframes.includes(series.timeframe)) {
    return NOTHING;
  }
  const request = openWindowOf(series, Math.floor(tools.nowMs() / 1_000));
  for (const host of source.hosts) {
    const { granted, closed } = await tools.reserve(host, source.rate, [], 1);
    if (granted > 0) {
      const candles = await askHost(source, host, request, tools);
      const freshMs = source.keyName === null ? FRESH_MS : FRESH_MS_KEYED;
      return candles === undefined ? NOTHING : { candles, freshMs };
    }
    if (closed?.reason !== "blocked") {
      return NOTHING;
    }
  }
  return NOTHING;
}

/** What `host` answers; undefined where it does not, refuses, or takes too long. */
async function askHost(
  source: Source,
  host: string,
  request: CandleRequest,
  { access, reserve }: Pick<CollectorTools, "access" | "reserve">,
): Promise<readonly SourceCandle[] | undefined> {
  const patience = AbortSignal.timeout(OPEN_ANSWER_MS_MAX);
  const hurried = {
    ...access,
    fetch: (one: Request) =>
      access.fetch(new Request(one, { signal: AbortSignal.any([one.signal, patience]) })),
  };
  try {
    const answer = await fetchAnswer(
      source,
      source.toHttpRequest(request, host, access.key),
      hurried,
    );
    const candles = parseOpenWindow(source, request, answer);
    const usedWeight = source.usedWeight(answer.headers) ?? null;
    // Each call of the limiter is billed: a good answer is told only where it can matter.
    if (usedWeight !== null && usedWeight > (source.rate.weightPerMinuteMax ?? Infinity)) {
      await reserve(host, source.rate, [{ kind: "answered", usedWeight }], 0);
    }
    return candles;
  } catch (error) {
    if (!(error instanceof CandlehouseError)) {
      throw error;
    }
    // That it was too slow for a chart is no failure: collection has more patience.
    if (!patience.aborted) {
      await reserve(host, source.rate, [outcomeOf(error)], 0);
    }
    return undefined;
  }
}
