import { dayOf } from "@candlehouse/shared/core/missing";
import { useInfiniteQuery } from "@tanstack/preact-query";
import type { Gaps } from "@candlehouse/client";
import { Download } from "lucide-preact";
import { Link } from "wouter-preact";
import { client } from "../api/connection.ts";
import { GAP_WORDS, spanText } from "../chart/overlays/gap-words.ts";
import { now } from "../shell/clock.ts";
import { saveFile } from "../shell/save-file.ts";
import { zone, zoneName } from "../shell/settings.ts";
import { Button } from "../ui/button.tsx";
import { DataTable, type Column } from "../ui/data-table.tsx";
import { formatAgo, formatNumber } from "../ui/format.ts";
import { Panel } from "../ui/panel.tsx";
import { Stale } from "../ui/stale.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { Tag } from "../ui/tag.tsx";
import { gapQueryOf, scopeOf, type CoveragePlace } from "./coverage-place.ts";
import { nameOfDay, type GapRecord } from "./day-coverage.ts";
import { STATE_NAMES, STATE_TONES } from "./day-words.ts";
import { GapFiltersForm } from "./gap-filters.tsx";
import { chartLinkOf, coverageLink } from "./links.ts";

/** Gaps of one request; the reader asks for more. */
const PAGE_GAPS = 500;
/** What the system gives as CSV at a time. */
const CSV_GAPS_MAX = 10_000;
const REFRESH_MS = 60_000;

interface GapListProps {
  readonly place: CoveragePlace;
  readonly onChange: (some: Partial<CoveragePlace>) => void;
}

/** The gaps of the series that the view is about, by the reader's filters. */
export function GapList({ place, onChange }: GapListProps) {
  const query = gapQueryOf(scopeOf(place), place);
  const found = useInfiniteQuery({
    queryKey: ["/v1/gaps", "list", query],
    queryFn: ({ pageParam, signal }): Promise<Gaps> =>
      client.get(
        "/v1/gaps",
        { ...query, limit: PAGE_GAPS, ...(pageParam === null ? {} : { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: REFRESH_MS,
  });
  const gaps = found.data?.pages.flatMap((page) => page.gaps);
  return (
    <Panel
      title="Gaps"
      class="coverage-gaps"
      actions={
        <Button
          onClick={() =>
            void saveFile("/v1/gaps", { ...query, format: "csv", limit: CSV_GAPS_MAX }, "gaps.csv")
          }
        >
          <Download aria-hidden="true" />
          CSV
        </Button>
      }
    >
      <GapFiltersForm filters={place} onChange={onChange} />
      {gaps === undefined ? (
        found.isError ? (
          <Failed what="the gaps" error={found.error} onRetry={() => void found.refetch()} />
        ) : (
          <Loading what="the gaps" class="coverage-gaps-wait" />
        )
      ) : (
        <>
          <Stale asked={found} />
          <GapTable gaps={gaps} place={place} />
        </>
      )}
      {found.hasNextPage ? (
        <Button isBusy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          Load {formatNumber(PAGE_GAPS)} more
        </Button>
      ) : null}
    </Panel>
  );
}

interface GapTableProps {
  readonly gaps: readonly GapRecord[];
  readonly place: CoveragePlace;
}

function GapTable({ gaps, place }: GapTableProps) {
  if (gaps.length === 0) {
    return (
      <Empty title="No gap is recorded that matches.">
        <p>Loosen the filters, or scan: records are as new as the last scan, which is at night.</p>
      </Empty>
    );
  }
  return (
    <DataTable
      caption="Gaps that match"
      rows={gaps}
      columns={columnsOf(place)}
      rowId={({ series, start }) => `${series}@${start}`}
    />
  );
}

function columnsOf(place: CoveragePlace): readonly Column<GapRecord>[] {
  const series: Column<GapRecord> = {
    id: "series",
    header: "Series",
    value: (gap) => gap.series,
    cell: (gap) => (
      <Link href={coverageLink({ ...place, series: gap.series, day: dayOfGap(gap) })}>
        {gap.series}
      </Link>
    ),
  };
  return [...(place.series === null ? [series] : []), ...columnsOfGap(place)];
}

const columnsOfGap = (place: CoveragePlace): readonly Column<GapRecord>[] => [
  {
    id: "start",
    header: "Time",
    value: ({ start }) => start,
    cell: (gap) => (
      <Link
        class="gap-span"
        href={coverageLink({ ...place, series: gap.series, day: dayOfGap(gap) })}
      >
        {spanText(gap, zoneName(zone.value))}
      </Link>
    ),
  },
  {
    id: "missing",
    header: "Missing",
    value: ({ missing }) => missing,
    isNumber: true,
    cell: ({ missing }) => formatNumber(missing),
  },
  {
    id: "class",
    header: "Why",
    value: (gap) => GAP_WORDS[gap.class].name,
    cell: (gap) => (
      <div class="gap-why">
        <strong>{GAP_WORDS[gap.class].name}</strong>
        <span class="coverage-quiet">{gap.evidence.reason}</span>
      </div>
    ),
  },
  {
    id: "state",
    header: "State",
    value: ({ state }) => STATE_NAMES[state],
    cell: ({ state }) => <Tag tone={STATE_TONES[state]}>{STATE_NAMES[state]}</Tag>,
  },
  { id: "attempts", header: "Repairs", value: ({ attempts }) => attempts, isNumber: true },
  {
    id: "updated_at",
    header: "Looked at",
    value: (gap) => gap.updated_at,
    cell: (gap) => <span class="gap-ago">{formatAgo(gap.updated_at, now.value)}</span>,
  },
  {
    id: "chart",
    header: "Chart",
    value: () => null,
    isSortable: false,
    cell: (gap) => (
      <Link
        href={chartLinkOf(gap)}
        aria-label={`Chart of ${gap.series} on ${nameOfDay(dayOfGap(gap))}`}
      >
        Chart
      </Link>
    ),
  },
];

const dayOfGap = ({ start }: GapRecord): number => dayOf(start);
