import type { Series } from "@candlehouse/shared/core/series";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import type { Revision } from "@candlehouse/shared/d1/list-revisions";
import { candleJson, numberToken } from "./candle-json.ts";

const MS_PER_SECOND = 1_000;

/** Lines end as RFC 4180 has it. */
const CSV_LINE_END = "\r\n";

/** Stored candles by their timestamps. */
type StoredCandles = ReadonlyMap<number, ServedCandle>;

/** A page of revisions as JSON, each with what is `stored`. */
export function revisionsJson(
  revisions: readonly Revision[],
  stored: StoredCandles,
  meta: object,
  cursor: string | null,
): string {
  const list = revisions.map((revision) => {
    const { timestamp, seen_at_ms } = revision;
    const first = stored.get(timestamp);
    return `{"timestamp":${timestamp},"seen_at":${seen_at_ms / MS_PER_SECOND},"revised":${valuesJson(revision)},"stored":${first === undefined ? "null" : valuesJson(first)}}`;
  });
  return `{"revisions":[${list.join(",")}],"next_cursor":${JSON.stringify(cursor)},"meta":${JSON.stringify(meta)}}`;
}

/** A candle as JSON without its timestamp, which stands before. */
function valuesJson(candle: ServedCandle): string {
  return `{${candleJson(candle).slice(`{"timestamp":${candle.timestamp},`.length)}`;
}

const VALUES = ["open", "high", "low", "close", "volume_from", "volume_to", "trades"] as const;

/** A page of revisions as CSV with a header; nothing of it is quoted. */
export function revisionsCsv(
  { source, symbol, timeframe }: Series,
  revisions: readonly Revision[],
  stored: StoredCandles,
): string {
  const header = [
    "source",
    "symbol",
    "timeframe",
    "timestamp",
    "seen_at",
    ...VALUES,
    ...VALUES.map((name) => `stored_${name}`),
  ];
  const lines = revisions.map((revision) => [
    source,
    symbol,
    timeframe,
    revision.timestamp,
    revision.seen_at_ms / MS_PER_SECOND,
    ...fieldsOf(revision),
    ...fieldsOf(stored.get(revision.timestamp)),
  ]);
  return [header, ...lines].map((fields) => fields.join(",") + CSV_LINE_END).join("");
}

function fieldsOf(candle: ServedCandle | undefined): string[] {
  return VALUES.map((name) => {
    const value = candle?.[name] ?? null;
    return value === null ? "" : numberToken(value);
  });
}
