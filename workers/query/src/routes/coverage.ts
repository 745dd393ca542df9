import { candlesOfDay, dayOf, dayStart } from "@candlehouse/shared/core/missing";
import { scanEnd } from "@candlehouse/shared/core/scan-ranges";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { countCandles } from "@candlehouse/shared/core/timeframe";
import { readHeldDays } from "@candlehouse/shared/d1/read-days";
import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { z } from "@hono/zod-openapi";
import { answer, CACHE_BRIEFLY, JSON_TYPE } from "../answer.ts";
import { NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { assertKnownSeries } from "../find-series.ts";
import { coverageSchema } from "../gap-schemas.ts";
import { readParameters, requiredSeriesParameter, timeParameter } from "../parameters.ts";
import { readNowSeconds } from "../settings.ts";

/** Most days in one answer: twenty years. */
const DAYS_MAX = 7_305;

const coverageQuery = z.strictObject({
  series: requiredSeriesParameter.refine((series) => series.length === 1, "give one series"),
  start: timeParameter(
    "The first day; that of the first candle, where it is not given.",
  ).optional(),
  end: timeParameter("Exclusive; up to now, where it is not given.").optional(),
});

/** GET /v1/coverage */
export function addCoverageRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/coverage",
    operationId: "getCoverage",
    tags: ["history"],
    summary: "How many candles a series holds each day, hot and cold",
    request: { query: coverageQuery },
    responses: {
      200: {
        description: "Each UTC day of the range on which a candle opens, in order.",
        content: { [JSON_TYPE]: { schema: coverageSchema } },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant.",
        404: "The series is not known.",
        503: "The database does not answer now.",
      }),
    },
  });
  app.get("/v1/coverage", (c) => answerCoverage(c));
}

async function answerCoverage(c: AppContext): Promise<Response> {
  const { series: list, start, end } = readParameters(coverageQuery, c.req.queries());
  if (start !== undefined && end !== undefined && start >= end) {
    throw new InvalidInputError("end", end, `it must be after start, which is ${start}`);
  }
  const [series] = list;
  if (series === undefined) {
    throw new InvalidInputError("series", list, "give one series");
  }
  await assertKnownSeries(c.env.DB, [series]);
  const now = readNowSeconds(c.env);
  const toDay = dayOf(Math.min(now, (end ?? now + 1) - 1)) + 1;
  const asked = { series, fromDay: dayOf(start ?? 0), toDay, until: dayStart(toDay) };
  const found = await readHeldDays(c.env.DB, asked);
  const fromDay = start === undefined ? (found.rows[0]?.day ?? toDay) : asked.fromDay;
  if (toDay - fromDay > DAYS_MAX) {
    throw new InvalidInputError("start", start, `up to ${DAYS_MAX} days in one answer`);
  }
  const held = new Map(found.rows.map((row) => [row.day, row]));
  const days = [];
  for (let day = fromDay; day < toDay; day += 1) {
    const { hot, cold } = held.get(day) ?? { hot: 0, cold: 0 };
    if (candlesOfDay(day, series.timeframe) > 0 || hot + cold > 0) {
      const expected = expectedOf(day, series, now);
      days.push({ day: nameOf(day), expected, hot, cold, held: Math.max(hot, cold) });
    }
  }
  const meta = { count: days.length, durationMs: found.durationMs };
  return answer(JSON.stringify({ series: formatSeries(series), days, meta }), {
    contentType: JSON_TYPE,
    cacheControl: CACHE_BRIEFLY,
    cost: found,
  });
}

/** Candles that open on `day` and have closed so long ago that they are here, if at all. */
function expectedOf(day: number, { timeframe }: Series, now: number): number {
  return countCandles(
    dayStart(day),
    Math.min(dayStart(day + 1), scanEnd(now, timeframe)),
    timeframe,
  );
}

function nameOf(day: number): string {
  return new Date(dayStart(day) * 1_000).toISOString().slice(0, 10);
}
