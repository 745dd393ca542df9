import { Table2 } from "lucide-preact";
import type { ChartPlace } from "./chart-place.ts";
import { ExportMenu } from "./export-menu.tsx";
import { GoTo } from "./go-to.tsx";
import { OverlayControls } from "./overlays/overlays.tsx";
import { scaleOf } from "./price-scale.ts";

interface ChartToolsProps {
  readonly place: ChartPlace;
  readonly showsTable: boolean;
  readonly onTable: () => void;
}

/** How the chart is shown, and what can be taken from it. */
export function ChartTools({ place, showsTable, onTable }: ChartToolsProps) {
  const { state, change } = place;
  const scale = scaleOf(state);
  return (
    <>
      <OverlayControls place={place} />
      <button
        type="button"
        class="button button-quiet"
        aria-pressed={scale === "log"}
        disabled={scale === "percent"}
        title={
          scale === "percent"
            ? "Both markets are shown in percent while they are compared"
            : "Equal ratios of prices are equally high"
        }
        onClick={() => change({ isLog: !state.isLog })}
      >
        Log
      </button>
      <GoTo place={place} />
      <button
        type="button"
        class="button button-quiet"
        aria-pressed={showsTable}
        title="What is seen, as a table below the chart"
        onClick={onTable}
      >
        <Table2 aria-hidden="true" />
        <span class="chart-tool-name">Table</span>
      </button>
      <ExportMenu place={place} />
    </>
  );
}
