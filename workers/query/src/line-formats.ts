import type { Series } from "@candlehouse/shared/core/series";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import {
  answerColumns,
  extraColumnList,
  type AnswerColumn,
  type ExtraColumns,
} from "./answer-columns.ts";
import { candleJson, numberToken, valueToken } from "./candle-json.ts";
import { concatBytes, runsOf, TEXT_CANDLES, type PieceFormat } from "./piece-format.ts";

const NOTHING = new Uint8Array(0);

/** A format of text that has a line a candle. */
function lineFormat(
  header: string,
  linesOf: (series: Series, candles: readonly ServedCandle[]) => string,
): PieceFormat {
  const encoder = new TextEncoder();
  return {
    head: encoder.encode(header),
    piece: (series, candles) =>
      concatBytes(
        Array.from(runsOf(candles, TEXT_CANDLES), (run) => encoder.encode(linesOf(series, run))),
      ),
    tail: NOTHING,
  };
}

/** Lines end as RFC 4180 has it. */
const CSV_LINE_END = "\r\n";

/**
 * Nothing is quoted: a source, a symbol and a timeframe hold no comma, quote or line end, and all
 * else is a number, true or false or, for null, empty.
 */
export function csvFormat(extra: ExtraColumns): PieceFormat {
  const extras = extraColumnList(extra);
  const names = answerColumns(extra).map(({ name }) => name);
  return lineFormat(
    `source,symbol,timeframe,${names.join(",")}${CSV_LINE_END}`,
    ({ source, symbol, timeframe }, candles) => {
      const name = `${source},${symbol},${timeframe}`;
      let csv = "";
      for (const candle of candles) {
        const { timestamp, open, high, low, close, volume_from, volume_to, trades } = candle;
        csv += `${name},${timestamp},${field(open)},${field(high)},${field(low)},${field(close)},${field(volume_from)},${field(volume_to)},${trades ?? ""}`;
        for (const column of extras) {
          const value = valueToken(column, candle);
          csv += value === "null" ? "," : `,${value}`;
        }
        csv += CSV_LINE_END;
      }
      return csv;
    },
  );
}

function field(value: ServedCandle["open"]): string {
  return value === null ? "" : numberToken(value);
}

/** A JSON object a line: the series' name and the candle's fields. */
export function ndjsonFormat(extra: ExtraColumns): PieceFormat {
  const extras = extraColumnList(extra);
  return lineFormat("", (series, candles) => ndjsonLines(series, candles, extras));
}

/** `candles` of `series` as lines of NDJSON, with what they have of the columns of `extras`. */
export function ndjsonLines(
  { source, symbol, timeframe }: Series,
  candles: readonly ServedCandle[],
  extras: readonly AnswerColumn[] = [],
): string {
  const name = JSON.stringify({ source, symbol, timeframe }).slice(0, -1);
  let lines = "";
  for (const candle of candles) {
    lines += `${name},${candleJson(candle, extras).slice(1)}\n`;
  }
  return lines;
}
