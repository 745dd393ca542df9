import { zoneName } from "../../shell/settings.ts";
import { formatDuration, formatNumber, formatTime } from "../../ui/format.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Failed } from "../../ui/states.tsx";
import type { ChartPlace } from "../chart-place.ts";
import { chosenGap, chosenMark, opener } from "./chosen.ts";
import { gapId, type GapRecord } from "./gap-span.ts";
import { GAP_WORDS, STATE_WORDS } from "./gap-words.ts";
import { OverlayList } from "./overlay-list.tsx";
import { overlaps, viewAround } from "./shown-range.ts";
import { GAPS_MAX, useGaps } from "./use-shown.ts";

/** Candles that are seen at least, where a gap is shown. */
const VIEW_CANDLES = 240;
const PAGE_ROWS = 10;

/** The gaps that are seen, to read and to go to. */
export function GapList({ place }: { readonly place: ChartPlace }) {
  const { data, error, refetch } = useGaps(place);
  const shown = place.shown.value;
  if (!place.state.showsGaps || shown === null) {
    return null;
  }
  if (error !== null && data === undefined) {
    return <Failed what="the gaps" error={error} onRetry={() => void refetch()} />;
  }
  const seen = (data?.rows ?? []).filter((gap) => gap.state !== "filled" && overlaps(gap, shown));
  return (
    <OverlayList
      title="Gaps in view"
      count={seen.length}
      isLoading={data === undefined}
      nothing="No candle of this range is known to be missing."
      note={
        data?.isCut === true
          ? `The newest ${formatNumber(GAPS_MAX)} of the range; zoom in to see all.`
          : null
      }
    >
      <DataTable
        caption={`Gaps of ${place.state.series} in view`}
        rows={seen}
        columns={columnsOf(place, zoneName())}
        rowId={gapId}
        pageRows={PAGE_ROWS}
      />
    </OverlayList>
  );
}

function columnsOf(place: ChartPlace, zone: string): readonly Column<GapRecord>[] {
  return [
    {
      id: "class",
      header: "Why",
      value: (gap) => GAP_WORDS[gap.class].name,
      cell: (gap) => (
        <button
          type="button"
          class="overlay-link overlay-nowrap"
          onClick={({ currentTarget }) => {
            opener.value = currentTarget;
            showGap(place, gap);
          }}
        >
          {GAP_WORDS[gap.class].name}
        </button>
      ),
    },
    {
      id: "start",
      header: "From",
      isNumber: true,
      value: ({ start }) => start,
      cell: ({ start }) => <span class="overlay-nowrap">{formatTime(start, zone)}</span>,
    },
    {
      id: "length",
      header: "Length",
      isNumber: true,
      value: ({ start, end }) => end - start,
      cell: ({ start, end, runs }) => (
        <span class="overlay-nowrap">
          {runs === 1 ? "" : `${formatNumber(runs)} stretches within `}
          {formatDuration(end - start)}
        </span>
      ),
    },
    {
      id: "missing",
      header: "Missing candles",
      isNumber: true,
      value: ({ missing }) => missing,
      cell: ({ missing }) => formatNumber(missing),
    },
    {
      id: "state",
      header: "State",
      value: ({ state }) => STATE_WORDS[state],
      cell: ({ state }) => <span class="overlay-nowrap">{STATE_WORDS[state]}</span>,
    },
    {
      id: "reason",
      header: "What it rests on",
      isSortable: false,
      value: ({ evidence }) => evidence.reason,
    },
  ];
}

/** Chooses `gap` and moves the view to it, where it is not in its middle already. */
function showGap({ change, timeframe }: ChartPlace, gap: GapRecord): void {
  chosenMark.value = null;
  chosenGap.value = gap;
  change({ range: viewAround(gap, timeframe, VIEW_CANDLES) });
}
