import { DataTable, type Column } from "../ui/data-table.tsx";
import { formatNumber, formatTime } from "../ui/format.ts";
import { placeOf } from "./candle-columns.ts";
import type { ChartPlace } from "./chart-place.ts";
import { formatChange, formatDigits } from "./legend-text.ts";
import { priceDigits } from "./price-digits.ts";

interface Row {
  readonly timestamp: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number | null;
  readonly trades: number | null;
  readonly closed: boolean;
}

/** More rows than anybody reads page by page. */
const ROWS_MAX = 5_000;

interface SeenTableProps {
  readonly place: ChartPlace;
  readonly timeZone: string;
}

/** The candles that are seen, the newest first. */
export function SeenTable({ place, timeZone }: SeenTableProps) {
  const rows = rowsOf(place);
  const digits = priceDigits(rows.map(({ close }) => close));
  const price = (id: "open" | "high" | "low" | "close", header: string): Column<Row> => ({
    id,
    header,
    isNumber: true,
    value: (row) => row[id],
    cell: (row) => formatDigits(row[id], digits),
  });
  const columns: readonly Column<Row>[] = [
    {
      id: "time",
      header: "Time",
      value: ({ timestamp }) => timestamp,
      cell: ({ timestamp, closed }) =>
        `${formatTime(timestamp, timeZone)}${closed ? "" : " (still open)"}`,
    },
    price("open", "Open"),
    price("high", "High"),
    price("low", "Low"),
    price("close", "Close"),
    {
      id: "change",
      header: "Change",
      isNumber: true,
      value: ({ open, close }) => close / open,
      cell: ({ open, close }) => formatChange(open, close),
    },
    {
      id: "volume",
      header: "Volume",
      isNumber: true,
      value: ({ volume }) => volume,
      cell: ({ volume }) => (volume === null ? "not given" : formatNumber(volume)),
    },
    {
      id: "trades",
      header: "Trades",
      isNumber: true,
      value: ({ trades }) => trades,
      cell: ({ trades }) => (trades === null ? "not given" : formatNumber(trades)),
    },
  ];
  return (
    <div class="panel chart-table">
      <DataTable
        caption="Candles that are seen in the chart, the newest first"
        rows={rows}
        columns={columns}
        rowId={({ timestamp }) => String(timestamp)}
      />
    </div>
  );
}

function rowsOf({ loaded, shown }: ChartPlace): readonly Row[] {
  const candles = loaded.value;
  const range = shown.value;
  if (range === null) {
    return [];
  }
  const from = placeOf(candles.timestamp, range.start);
  const to = placeOf(candles.timestamp, range.end);
  const rows: Row[] = [];
  for (let place = to - 1; place >= Math.max(from, to - ROWS_MAX); place -= 1) {
    rows.push({
      timestamp: candles.timestamp[place] ?? 0,
      open: candles.open[place] ?? 0,
      high: candles.high[place] ?? 0,
      low: candles.low[place] ?? 0,
      close: candles.close[place] ?? 0,
      volume: candles.volume[place] ?? null,
      trades: candles.trades[place] ?? null,
      closed: candles.closed[place] ?? true,
    });
  }
  return rows;
}
