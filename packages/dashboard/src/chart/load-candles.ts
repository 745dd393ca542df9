import type { ColumnsOfCandles } from "@candlehouse/client";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { client } from "../api/connection.ts";
import { columnsIn } from "./candle-columns.ts";
import type { LoadPage } from "./candle-window.ts";

/** Whose candles, and what is computed beside them. */
export interface CandlesWanted {
  /** The stored series. */
  readonly series: string;
  /** Timeframe that they are rolled up to; null where it is that of the series. */
  readonly interval: Timeframe | null;
  /** As the API has them: `sma:20`. */
  readonly indicators: readonly string[];
}

/** Reads pages of candles over HTTP. */
export function loadFrom({ series, interval, indicators }: CandlesWanted): LoadPage {
  return async ({ start, end, limit }, signal) => {
    const response = await client.open(
      "/v1/candles",
      {
        series,
        start,
        end,
        limit,
        shape: "columns",
        interval: interval ?? undefined,
        indicators: indicators.length === 0 ? undefined : indicators.join(","),
      },
      { signal },
    );
    // That it is this is what the OpenAPI document says of shape=columns and one series.
    const answer: ColumnsOfCandles = JSON.parse(await response.text());
    return { columns: columnsIn(answer.columns), hasMore: answer.next_cursor !== null };
  };
}
