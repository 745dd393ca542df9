import type { Series } from "@candlehouse/shared/core/series";
import {
  closeTimeOf,
  openTimeAtOrAfter,
  timeframeSeconds,
} from "@candlehouse/shared/core/timeframe";
import type { Fate } from "./fates.ts";
import { keyOf, wireRow, type Market } from "./market.ts";
import type { Random } from "./random.ts";

/** How far a source's clock may lie, in seconds. */
const CLOCK_LIE_SECONDS = [5, 45, 70, 400, 4_000];

export interface SourceSettings {
  readonly market: Market;
  readonly series: readonly Series[];
  readonly random: Random;
  readonly nowSeconds: () => number;
}

/** Answers requests for candles as Binance and Coinbase do, or lies as `fate` says. */
export class LyingSource {
  readonly #settings: SourceSettings;

  constructor(settings: SourceSettings) {
    this.#settings = settings;
  }

  answer(request: Request, fate: Fate): Response {
    const { random, nowSeconds } = this.#settings;
    const clockLie = random.pick(CLOCK_LIE_SECONDS);
    const ahead = fate === "clock ahead" ? clockLie : 0;
    const behind = fate === "clock behind" ? clockLie : 0;
    const headers = new Headers({
      date: new Date((nowSeconds() + ahead - behind) * 1_000).toUTCString(),
      "content-type": "application/json",
    });
    switch (fate) {
      case "429":
      case "418":
        headers.set("retry-after", String(1 + random.below(100)));
        return respond("{}", Number(fate), headers);
      case "503":
        return respond("<html>", 503, headers);
      case "garbage":
        return respond(
          random.pick(["<html>", "[[1,2]]", '{"candles":[{}]}', "null", ""]),
          200,
          headers,
        );
      case "works":
      case "clock ahead":
      case "clock behind":
      case "cut short":
      case "empty":
      case "restated":
      case "fails before":
      case "fails after":
      case "times out":
      case "killed before":
      case "killed after":
      case "lost to the same":
      case "lost to a damaged one":
        return respond(this.#body(request, fate), 200, headers);
    }
  }

  #body(request: Request, fate: Fate): string {
    const { market, random, nowSeconds } = this.#settings;
    const { series, start, end } = this.#asked(new URL(request.url));
    if (fate === "restated") {
      market.restate(
        series,
        Math.max(start, end - 5 * timeframeSeconds(series.timeframe)),
        end,
        random.next(),
      );
    }
    const now = nowSeconds();
    // The open candle comes too: its values still move.
    const said = market
      .times(series, openTimeAtOrAfter(start, series.timeframe), Math.min(end, now))
      .map((time) => market.say(series, time, now));
    const kept = said.slice(0, keptOf(fate, said.length, random));
    for (const one of said.slice(kept.length)) {
      if (closeTimeOf(one.timestamp, series.timeframe) <= now) {
        market.denied.add(keyOf(series, one.timestamp));
      }
    }
    for (const one of kept) {
      market.note(series, one);
    }
    const rows = kept.map((one) => wireRow(series, one));
    return JSON.stringify(series.source === "binance" ? rows : { candles: rows.toReversed() });
  }

  /** What a request asks for: `start` inclusive, `end` exclusive. */
  #asked(url: URL): { series: Series; start: number; end: number } {
    const query = url.searchParams;
    const isBinance = url.hostname.includes("binance");
    const market = isBinance ? query.get("symbol") : url.pathname.split("/").at(-2);
    const series = this.#settings.series.find(
      ({ source, symbol }) =>
        (source === "binance") === isBinance &&
        symbol.replace("-", "") === market?.replace("-", ""),
    );
    if (series === undefined) {
      throw new Error(`no schedule has the market of ${url.href}`);
    }
    const start = isBinance ? Number(query.get("startTime")) / 1_000 : Number(query.get("start"));
    const last = isBinance
      ? Math.floor(Number(query.get("endTime")) / 1_000)
      : Number(query.get("end"));
    // A backfill asks for days first, to see where there is anything.
    const isDays = query.get("interval") === "1d" || query.get("granularity") === "ONE_DAY";
    return { series: isDays ? { ...series, timeframe: "1d" } : series, start, end: last + 1 };
  }
}

function keptOf(fate: Fate, count: number, random: Random): number {
  if (fate === "empty") {
    return 0;
  }
  return fate === "cut short" ? random.below(count + 1) : count;
}

/** An answer whose body comes without the event loop: nothing of it may depend on real time. */
function respond(text: string, status: number, headers: Headers): Response {
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream({
    start(controller) {
      if (bytes.length > 0) {
        controller.enqueue(bytes);
      }
      controller.close();
    },
  });
  return new Response(body, { status, headers });
}
