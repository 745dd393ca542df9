import { InvalidInputError } from "@candlehouse/shared/core/errors";
import type { LedgerTally } from "@candlehouse/shared/core/ledger";
import type { OpenCandlesAnswer, SourceCandle } from "@candlehouse/shared/core/open-candle";
import { QUERY_SERIES_MAX } from "@candlehouse/shared/core/query-plan";
import { formatSeries, parseSeries, type Series } from "@candlehouse/shared/core/series";
import { readKnownSeries } from "@candlehouse/shared/d1/collection-table";
import { jsonRoutes } from "@candlehouse/shared/http/answer-routes";
import { collectorTools } from "./collector-tools.ts";
import type { ProducerContext } from "./context.ts";
import { countServed } from "./count-served.ts";
import { OpenCandleMemory } from "./open-candle-memory.ts";
import { askOpenCandles, KEPT_SHARE, OPEN_ANSWER_MS_MAX } from "./open-candles.ts";
import { sourceOf } from "./sources/registry.ts";

/** What the isolate remembers from one request to the next. */
const memory = new OpenCandleMemory();

/** How long somebody waits for another's request: the source's time, and that of the limiter. */
const WAIT_MS_MAX = OPEN_ANSWER_MS_MAX + 500;

export const OPEN_CANDLE_ROUTES = jsonRoutes<ProducerContext>([
  { method: "GET", path: /^\/v1\/open-candles$/, answer: answerOpenCandles },
]);

/**
 * Answers `GET /v1/open-candles?series=binance:BTC-USDT:1m`, up to QUERY_SERIES_MAX times: what the
 * sources tell at this moment of their newest candles, the open one and some before it. Nothing is
 * stored. A series that is not collected has none: nobody uses this system to ask a source for what
 * it does not ask for itself. Throws InvalidInputError.
 */
async function answerOpenCandles(
  context: ProducerContext,
  request: Request,
): Promise<OpenCandlesAnswer> {
  const names = new URL(request.url).searchParams.getAll("series");
  if (names.length > QUERY_SERIES_MAX) {
    throw new InvalidInputError("series", names.length, `up to ${QUERY_SERIES_MAX} series`);
  }
  const wanted = names.map((name) => {
    const series = parseSeries(name);
    if (series === undefined) {
      throw new InvalidInputError("series", name, "source:SYMBOL:timeframe");
    }
    return series;
  });
  return countServed(context.env, async (tally) => ({
    series: await Promise.all(
      wanted.map(async (one) => ({
        series: formatSeries(one),
        candles: [...(await readOpenCandles(context, one, tally))],
      })),
    ),
  }));
}

function readOpenCandles(
  { env, exports }: ProducerContext,
  series: Series,
  tally: LedgerTally,
): Promise<readonly SourceCandle[]> {
  const source = sourceOf(series.source);
  const tools = collectorTools(env, exports, tally, source, source.rate.burst * KEPT_SHARE);
  const ask = async () => {
    const { collected, nativeSymbol } = await readKnownSeries(env.DB, series);
    const name = nativeSymbol ?? source.nativeSymbol(series.symbol);
    return collected && name !== undefined
      ? askOpenCandles(source, { ...series, nativeSymbol: name }, tools)
      : { candles: [], freshMs: 0 };
  };
  return memory.read(formatSeries(series), ask, WAIT_MS_MAX, {
    nowMs: tools.nowMs,
    realNowMs: Date.now,
    sleep: (ms) => scheduler.wait(ms),
  });
}
