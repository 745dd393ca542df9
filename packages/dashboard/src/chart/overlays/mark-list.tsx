import { zoneName } from "../../shell/settings.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { formatNumber, formatTime } from "../../ui/format.ts";
import type { ChartPlace } from "../chart-place.ts";
import { chosenGap, chosenMark, opener } from "./chosen.ts";
import { outlierText, revisionText, type Mark } from "./mark.ts";
import { OverlayList } from "./overlay-list.tsx";
import { viewAround } from "./shown-range.ts";
import { useMarks } from "./use-marks.ts";
import { areTooMany, isRolledUp, OUTLIER_CANDLES_MAX, REVISIONS_MAX } from "./use-shown.ts";

/** Candles that are seen at least, where a mark is shown. */
const VIEW_CANDLES = 160;
const PAGE_ROWS = 10;

/** The candles in view that are marked, to read and to go to. */
export function MarkList({ place }: { readonly place: ChartPlace }) {
  const { marks, isCut, isLoading } = useMarks(place);
  const shown = place.shown.value;
  if (!place.state.showsMarks || shown === null) {
    return null;
  }
  const seen = marks.filter(({ timestamp }) => timestamp >= shown.start && timestamp < shown.end);
  return (
    <OverlayList
      title="Revisions and outliers in view"
      count={seen.length}
      isLoading={isLoading}
      nothing="Of these candles none was changed later by its source, and none is contradicted by those around it."
      note={noteOf(place, isCut)}
    >
      <DataTable
        caption={`Marked candles of ${place.state.series} in view`}
        rows={seen}
        columns={columnsOf(place, zoneName())}
        rowId={({ timestamp }) => String(timestamp)}
        pageRows={PAGE_ROWS}
      />
    </OverlayList>
  );
}

function noteOf(place: ChartPlace, isCut: boolean): string | null {
  if (areTooMany(place)) {
    return `Outliers are looked for among ${formatNumber(OUTLIER_CANDLES_MAX)} candles at most: zoom in to see them.`;
  }
  if (isCut) {
    return `The first ${formatNumber(REVISIONS_MAX)} revisions; zoom in to see all.`;
  }
  return isRolledUp(place)
    ? "These candles are rolled up; revisions are marked in the timeframe that is stored."
    : null;
}

function columnsOf(place: ChartPlace, zone: string): readonly Column<Mark>[] {
  return [
    {
      id: "time",
      header: "Candle",
      value: ({ timestamp }) => timestamp,
      cell: (mark) => (
        <button
          type="button"
          class="overlay-link overlay-nowrap"
          onClick={({ currentTarget }) => {
            opener.value = currentTarget;
            showMark(place, mark);
          }}
        >
          {formatTime(mark.timestamp, zone)}
        </button>
      ),
    },
    {
      id: "outlier",
      header: "Outlier",
      isSortable: false,
      value: ({ outliers }) => outliers.map(outlierText).join("; "),
    },
    {
      id: "revision",
      header: "Changed later",
      isSortable: false,
      value: ({ revisions }) => revisions.map((one) => revisionText(one, zone)).join("; "),
    },
  ];
}

function showMark({ change, timeframe }: ChartPlace, mark: Mark): void {
  chosenGap.value = null;
  chosenMark.value = mark;
  const { timestamp } = mark;
  change({
    range: viewAround({ start: timestamp, end: timestamp + 1 }, timeframe, VIEW_CANDLES),
  });
}
