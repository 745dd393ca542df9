import { useComputed } from "@preact/signals";
import { useMemo, useState } from "preact/hooks";
import { useSearchParams } from "wouter-preact";
import { now } from "../shell/clock.ts";
import { formatNumber } from "../ui/format.ts";
import { Panel } from "../ui/panel.tsx";
import { Stale } from "../ui/stale.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { SeriesBulk } from "./series-bulk.tsx";
import { SeriesFilters } from "./series-filters.tsx";
import { countHealths, filterOf, queryOf, selectSeries } from "./series-filter.ts";
import { HEALTH_WORDS } from "./series-health.ts";
import { SeriesTable } from "./series-table.tsx";
import { useAllSeries } from "./use-series.ts";

/** The series, filtered, and what is done with those that are chosen. */
export function SeriesPanel() {
  const [query] = useSearchParams();
  const filter = filterOf(query);
  const asked = useAllSeries(queryOf(filter));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { data, error, refetch } = asked;
  // Lateness is told in minutes: a table that is made anew each second would be slow for nothing.
  const minute = useComputed(() => now.value - (now.value % 60)).value;
  const { words, health } = filter;
  const rows = useMemo(
    () => selectSeries(data ?? [], { words, health }, minute),
    [data, words, health, minute],
  );
  const chosenRows = rows.filter(({ id }) => chosen.has(id));
  return (
    <Panel title="Series" class="series-panel">
      <SeriesFilters filter={filter} />
      {data === undefined ? null : <Stale asked={asked} />}
      {data === undefined ? (
        error === null ? (
          <Loading what="the series" />
        ) : (
          <Failed what="the series" error={error} onRetry={() => void refetch()} />
        )
      ) : (
        <>
          <SeriesBulk
            chosen={chosenRows.map(({ id }) => id)}
            shown={rows.map(({ id }) => id)}
            onChoose={setChosen}
            summary={<Summary rows={rows} of={data.length} minute={minute} />}
          />
          {rows.length === 0 ? (
            <Nothing isFiltered={data.length > 0 || query.size > 0} />
          ) : (
            <SeriesTable rows={rows} minute={minute} chosen={chosen} onChoose={setChosen} />
          )}
        </>
      )}
    </Panel>
  );
}

function Nothing({ isFiltered }: { readonly isFiltered: boolean }) {
  return isFiltered ? (
    <Empty title="No series is like that.">
      <p>Take back a part of the filter, or add the series that you miss.</p>
    </Empty>
  ) : (
    <Empty title="Nothing is collected yet.">
      <p>Add a series: its newest candles come within a minute or two.</p>
    </Empty>
  );
}

interface SummaryProps {
  readonly rows: Parameters<typeof countHealths>[0];
  /** How many there are before words and health are looked at. */
  readonly of: number;
  /** Unix seconds. */
  readonly minute: number;
}

/** How many there are, and how they are. */
function Summary({ rows, of, minute }: SummaryProps) {
  const counts = countHealths(rows, minute).map(
    ({ health, series }) => `${formatNumber(series)} ${HEALTH_WORDS[health].word.toLowerCase()}`,
  );
  const total =
    rows.length === of
      ? `${formatNumber(of)} series`
      : `${formatNumber(rows.length)} of ${formatNumber(of)} series`;
  return (
    <p class="series-summary" role="status">
      {counts.length === 0 ? total : `${total}: ${counts.join(", ")}`}
    </p>
  );
}
