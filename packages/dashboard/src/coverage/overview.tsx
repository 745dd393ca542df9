import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { useMemo } from "preact/hooks";
import { Link } from "wouter-preact";
import { DataTable, type Column } from "../ui/data-table.tsx";
import { formatNumber } from "../ui/format.ts";
import { Panel } from "../ui/panel.tsx";
import { Empty } from "../ui/states.tsx";
import {
  choose,
  marketRows,
  tierRows,
  timeframesOf,
  type MarketRow,
  type SeriesCompleteness,
  type TierRow,
} from "./completeness-matrix.ts";
import type { CoveragePlace } from "./coverage-place.ts";
import { coverageLink } from "./links.ts";
import { RatioCell } from "./ratio-cell.tsx";
import { Totals } from "./totals.tsx";

interface OverviewProps {
  readonly list: readonly SeriesCompleteness[];
  readonly place: CoveragePlace;
  readonly onChange: (some: Partial<CoveragePlace>) => void;
}

/** How complete everything is: by tier and by market, each timeframe for itself. */
export function Overview({ list, place, onChange }: OverviewProps) {
  const chosen = useMemo(
    () => choose(list, { source: place.source, tier: place.tier, timeframe: null }),
    [list, place.source, place.tier],
  );
  if (list.length === 0) {
    return (
      <Empty title="No candle is held yet.">
        <p>
          The first ones come within a minute. What is collected is at{" "}
          <Link href="/series">Series</Link>; history comes by a{" "}
          <Link href="/jobs?start=backfill">backfill</Link>.
        </p>
      </Empty>
    );
  }
  return (
    <>
      <div class="coverage-top">
        <Totals list={chosen} />
        <Tiers list={chosen} place={place} />
      </div>
      <Markets list={chosen} place={place} onChange={onChange} />
    </>
  );
}

interface PartProps {
  readonly list: readonly SeriesCompleteness[];
  readonly place: CoveragePlace;
}

function Tiers({ list, place }: PartProps) {
  const rows = useMemo(() => tierRows(list), [list]);
  const columns: readonly Column<TierRow>[] = [
    { id: "tier", header: "Tier", value: ({ tier }) => tier },
    ...timeframesOf(list).map((timeframe): Column<TierRow> => ({
      id: timeframe,
      header: timeframe,
      value: ({ cells }) => cells.get(timeframe)?.ratio ?? null,
      isNumber: true,
      isSortable: false,
      cell: ({ tier, cells }) => (
        <RatioCell
          cell={cells.get(timeframe)}
          name={`${timeframe} of tier ${tier}`}
          href={coverageLink({ ...place, series: null, tier, timeframe, day: null })}
        />
      ),
    })),
  ];
  return (
    <Panel title="Tiers">
      <DataTable
        caption="Completeness by tier and timeframe"
        rows={rows}
        columns={columns}
        rowId={({ tier }) => tier}
      />
    </Panel>
  );
}

function Markets({ list, place, onChange }: OverviewProps) {
  const rows = useMemo(() => marketRows(list), [list]);
  const timeframes = timeframesOf(list);
  const shown = place.isLacking ? rows.filter(({ unexplained }) => unexplained > 0) : rows;
  return (
    <Panel
      title="Markets"
      class="coverage-markets"
      actions={
        <label class="coverage-check">
          <input
            type="checkbox"
            checked={place.isLacking}
            onChange={({ currentTarget }) => onChange({ isLacking: currentTarget.checked })}
          />
          <span>Only those that lack a candle</span>
        </label>
      }
    >
      {shown.length === 0 ? (
        <Empty title="No market lacks a candle." />
      ) : (
        <DataTable
          caption="Completeness by market and timeframe"
          rows={shown}
          columns={[
            {
              id: "market",
              header: "Market",
              value: ({ source, symbol }) => `${source}:${symbol}`,
            },
            { id: "tier", header: "Tier", value: ({ tier }) => tier, isNumber: true },
            ...timeframes.map((timeframe) => marketColumn(timeframe, place)),
            {
              id: "missing",
              header: "Missing",
              value: ({ unexplained }) => unexplained,
              cell: ({ unexplained }) => formatNumber(unexplained),
              isNumber: true,
            },
          ]}
          rowId={({ source, symbol }) => `${source}:${symbol}`}
        />
      )}
    </Panel>
  );
}

function marketColumn(timeframe: Timeframe, place: CoveragePlace): Column<MarketRow> {
  return {
    id: timeframe,
    header: timeframe,
    value: ({ cells }) => cells.get(timeframe)?.ratio ?? null,
    isNumber: true,
    cell: ({ source, symbol, cells }) => {
      const series = `${source}:${symbol}:${timeframe}`;
      return (
        <RatioCell
          cell={cells.get(timeframe)}
          name={series}
          href={coverageLink({ ...place, series, day: null })}
        />
      );
    },
  };
}
