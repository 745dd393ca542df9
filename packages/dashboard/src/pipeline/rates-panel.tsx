import type { Stats } from "@candlehouse/client";
import { useComputed } from "@preact/signals";
import { useSearchParams } from "wouter-preact";
import { now } from "../shell/clock.ts";
import { zone, zoneName } from "../shell/settings.ts";
import { DataTable, type Column } from "../ui/data-table.tsx";
import { formatNumber, formatTime } from "../ui/format.ts";
import { Panel } from "../ui/panel.tsx";
import { Segments } from "../ui/segments.tsx";
import { Empty } from "../ui/states.tsx";
import { Answered } from "./answered.tsx";
import type { StoreHour } from "./answers.ts";
import { BarChart } from "./bar-chart.tsx";
import { useStats } from "./reads.ts";
import { fillHours, hourOf, HOURS, hourTick } from "./store-hours.ts";

const SERIES = [
  { id: "inserted", name: "inserted" },
  { id: "ignored", name: "known already" },
  { id: "revised", name: "revised" },
  { id: "dead", name: "messages given up" },
] as const;

const SHAPES = [
  { value: "chart", label: "Chart" },
  { value: "table", label: "Table" },
] as const;

/** Hours in one page of the table. */
const PAGE_HOURS = 12;

/** What the consumer stored, hour by hour. */
export function RatesPanel() {
  const query = useStats();
  const [search, setSearch] = useSearchParams();
  const shape = search.get("rates") === "table" ? "table" : "chart";
  return (
    <Panel
      title="Stored, by hour"
      actions={
        <Segments
          label="Show as"
          options={SHAPES}
          value={shape}
          onChange={(value) =>
            setSearch(
              (before) => {
                before.set("rates", value);
                return before;
              },
              { replace: true },
            )
          }
        />
      }
    >
      <Answered what="what was stored" query={query}>
        {(stats) => <Rates stats={stats} shape={shape} />}
      </Answered>
    </Panel>
  );
}

function Rates({ stats, shape }: { readonly stats: Stats; readonly shape: "chart" | "table" }) {
  const { totals, candles_per_second: rate } = stats;
  const running = useComputed(() => hourOf(now.value));
  const hours = fillHours(stats.hours, running.value);
  const { day } = totals;
  if (stats.hours.length === 0) {
    return (
      <Empty title="Nothing was stored in the last 48 hours.">
        <p>Candles come a minute after a series is added, or when a backfill is started.</p>
      </Empty>
    );
  }
  return (
    <>
      {shape === "chart" ? <HoursChart hours={hours} /> : <HoursTable hours={hours} />}
      <p class="pipeline-quiet">
        In the last day: {formatNumber(day.inserted)} inserted, {formatNumber(day.ignored)} known
        already, {formatNumber(day.revised)} revised, {formatNumber(day.retried)} messages retried,{" "}
        {formatNumber(day.dead)} given up.
        {rate === null
          ? ""
          : ` At work, the consumer stores ${formatNumber(Math.round(rate))} candles a second.`}
      </p>
    </>
  );
}

function HoursChart({ hours }: { readonly hours: readonly StoreHour[] }) {
  const timeZone = zoneName(zone.value);
  return (
    <BarChart
      label="Hour"
      series={SERIES}
      bars={hours.map((one) => ({
        id: one.hour,
        label: formatTime(one.hour, timeZone),
        ...hourTick(one.hour, timeZone),
        values: SERIES.map(({ id }) => one[id]),
      }))}
      format={formatNumber}
      all={`Last ${HOURS} hours`}
    />
  );
}

function HoursTable({ hours }: { readonly hours: readonly StoreHour[] }) {
  const timeZone = zoneName(zone.value);
  const columns: readonly Column<StoreHour>[] = [
    {
      id: "hour",
      header: "Hour",
      value: ({ hour }) => hour,
      cell: ({ hour }) => formatTime(hour, timeZone),
    },
    ...(
      [
        ["inserted", "Inserted"],
        ["ignored", "Known already"],
        ["revised", "Revised"],
        ["retried", "Messages retried"],
        ["dead", "Messages given up"],
      ] as const
    ).map(([id, header]) => ({
      id,
      header,
      isNumber: true,
      value: (one: StoreHour) => one[id],
      cell: (one: StoreHour) => formatNumber(one[id]),
    })),
  ];
  return (
    <DataTable
      caption="What was stored, by hour"
      rows={hours.toReversed()}
      columns={columns}
      rowId={({ hour }) => String(hour)}
      pageRows={PAGE_HOURS}
    />
  );
}
