import { CalendarDays, ChartCandlestick } from "lucide-preact";
import { Link } from "wouter-preact";
import { tellDone, tellFailed } from "../shell/notices.tsx";
import { zoneName } from "../shell/settings.ts";
import { DataTable, type Column } from "../ui/data-table.tsx";
import { formatAgo, formatTime } from "../ui/format.ts";
import { Switch } from "../ui/switch.tsx";
import { Tag } from "../ui/tag.tsx";
import { HEALTH_WORDS, HEALTHS, healthOf, latenessText, type SeriesRow } from "./series-health.ts";
import { TierSelect } from "./tier-select.tsx";
import { useSeriesChange, type SeriesChange } from "./use-series.ts";

interface SeriesTableProps {
  readonly rows: readonly SeriesRow[];
  /** The system's time to the minute, unix seconds. */
  readonly minute: number;
  /** Names of the series that are chosen. */
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (chosen: ReadonlySet<string>) => void;
}

const PAGE_ROWS = 50;

/** The series, to be sorted, chosen and changed one by one. */
export function SeriesTable({ rows, minute, chosen, onChoose }: SeriesTableProps) {
  const write = useSeriesChange();
  const change = (one: SeriesChange) =>
    void write
      .mutateAsync(one)
      .then(({ message }) => tellDone(`${one.series.join(", ")}: ${message}`))
      .catch(tellFailed);
  return (
    <DataTable
      caption="Series that are collected"
      rows={rows}
      rowId={({ id }) => id}
      pageRows={PAGE_ROWS}
      columns={[
        choiceColumn(chosen, onChoose),
        ...columnsOf(minute),
        ...changeColumns(change),
        { ...LINKS },
      ]}
    />
  );
}

function choiceColumn(
  chosen: ReadonlySet<string>,
  onChoose: (chosen: ReadonlySet<string>) => void,
): Column<SeriesRow> {
  return {
    id: "chosen",
    header: "Choose",
    value: ({ id }) => (chosen.has(id) ? 1 : 0),
    isSortable: false,
    cell: ({ id }) => (
      <input
        type="checkbox"
        class="series-choice"
        aria-label={`Choose ${id}`}
        checked={chosen.has(id)}
        onChange={({ currentTarget }) => {
          const after = new Set(chosen);
          if (currentTarget.checked) {
            after.add(id);
          } else {
            after.delete(id);
          }
          onChoose(after);
        }}
      />
    ),
  };
}

function columnsOf(minute: number): readonly Column<SeriesRow>[] {
  return [
    {
      id: "name",
      header: "Series",
      value: ({ id }) => id,
      cell: ({ source, symbol, timeframe, native_symbol: native }) => (
        <span class="series-name">
          <strong>
            {symbol} <span class="series-timeframe">{timeframe}</span>
          </strong>
          <span class="note">
            {source} · {native}
          </span>
        </span>
      ),
    },
    {
      id: "health",
      header: "Health",
      value: (row) => HEALTHS.indexOf(healthOf(row, minute)),
      isNumber: false,
      cell: (row) => <HealthCell row={row} minute={minute} />,
    },
    {
      id: "newest",
      header: "Newest candle",
      value: ({ last_timestamp: last }) => last,
      cell: ({ last_timestamp: last }) =>
        last === null ? (
          <span class="note">none yet</span>
        ) : (
          <span class="series-newest">
            <span>{formatTime(last, zoneName())}</span>
            <span class="note">{formatAgo(Math.min(last, minute), minute)}</span>
          </span>
        ),
    },
  ];
}

function HealthCell({ row, minute }: { readonly row: SeriesRow; readonly minute: number }) {
  const { word, tone } = HEALTH_WORDS[healthOf(row, minute)];
  const lateness = latenessText(row, minute);
  return (
    <span class="series-health">
      <Tag tone={tone}>{word}</Tag>
      {lateness === "" ? null : <span class="note">{lateness}</span>}
      {row.last_error === null || row.failure_count === 0 ? null : (
        <span class="note">
          {row.failure_count === 1 ? "Once" : `${row.failure_count} times`}, last{" "}
          {formatAgo(Math.min(row.last_error.at, minute), minute)}:{" "}
          {row.last_error.message ?? row.last_error.code ?? "no reason given"}
        </span>
      )}
    </span>
  );
}

function changeColumns(change: (one: SeriesChange) => void): readonly Column<SeriesRow>[] {
  return [
    {
      id: "tier",
      header: "Tier",
      value: ({ tier }) => tier,
      cell: ({ id, tier }) => (
        <TierSelect
          label={`Tier of ${id}`}
          tier={tier}
          none="As its asset"
          onChange={(wanted) => change({ series: [id], set: { tier: wanted } })}
        />
      ),
    },
    {
      id: "enabled",
      header: "Collected",
      value: ({ enabled }) => (enabled ? 1 : 0),
      cell: ({ id, enabled }) => (
        <Switch
          label={`Collect ${id}`}
          isOn={enabled}
          onChange={(isOn) => change({ series: [id], set: { enabled: isOn } })}
        />
      ),
    },
  ];
}

const LINKS: Column<SeriesRow> = {
  id: "links",
  header: "See",
  value: () => null,
  isSortable: false,
  cell: ({ id }) => (
    <span class="series-links">
      <Link
        class="icon-button"
        href={`/?series=${encodeURIComponent(id)}`}
        aria-label={`Chart of ${id}`}
        title="Chart"
      >
        <ChartCandlestick aria-hidden="true" />
      </Link>
      <Link
        class="icon-button"
        href={`/coverage?series=${encodeURIComponent(id)}`}
        aria-label={`Coverage of ${id}`}
        title="Coverage"
      >
        <CalendarDays aria-hidden="true" />
      </Link>
    </span>
  ),
};
