import type { ReadonlySignal } from "@preact/signals";
import { createPortal } from "preact/compat";
import { useMemo } from "preact/hooks";
import { adviceOn } from "../../ui/states.tsx";
import type { ChartPlace } from "../chart-place.ts";
import { useMarkets } from "../use-markets.ts";
import { CompareLegend } from "./compare-legend.tsx";
import { ComparePicker } from "./compare-picker.tsx";
import { CompareSummary } from "./compare-summary.tsx";
import { chosenGap } from "./chosen.ts";
import { GapCard } from "./gap-card.tsx";
import { GapList } from "./gap-list.tsx";
import { IndicatorLegend } from "./indicator-legend.tsx";
import { askableOf, lookOf } from "./indicator-look.ts";
import { IndicatorMenu } from "./indicator-menu.tsx";
import { MarkCard } from "./mark-card.tsx";
import { MarkList } from "./mark-list.tsx";
import { OverlaySwitches } from "./overlay-switches.tsx";
import { COMPARED_CANDLES_MAX, useComparedCloses, useComparedDrawing } from "./use-compared.ts";
import { useGapDrawing } from "./use-gap-drawing.ts";
import { useIndicatorDrawing } from "./use-indicator-drawing.ts";
import { useKnownGaps } from "./use-known-gaps.ts";
import { useMarkDrawing } from "./use-mark-drawing.ts";
import { useMarks } from "./use-marks.ts";
import { candlesIn } from "./shown-range.ts";
import { rangeOf, useGaps } from "./use-shown.ts";
import "./overlays.css";

interface OverlaysProps {
  readonly place: ChartPlace;
}

/**
 * All that is drawn onto the chart beside its candles, and the legends of it. `pointed` is the open time
 * under the crosshair, set by hand or by key.
 */
export function Overlays({
  place,
  pointed,
}: OverlaysProps & { readonly pointed: ReadonlySignal<number | null> }) {
  const { state } = place;
  const { data } = useGaps(place);
  const gaps = useKnownGaps(place, data);
  const { places, pointedGap } = useGapDrawing(place, gaps, pointed);
  const names = state.indicators.join(",");
  const indicators = useMemo(() => lookOf(askableOf(names.split(","))), [names]);
  const panes = useIndicatorDrawing(place, indicators, places);
  const compared = useComparedCloses(place);
  const closes = state.compare === null ? undefined : compared.data;
  useComparedDrawing(place, closes, places);
  // Last: where marks are drawn, the library works out by the points that there are.
  const pointedMark = useMarkDrawing(place, useMarks(place).marks, pointed, [places, closes]);
  const hasGap = chosenGap.value !== null || pointedGap.value !== null;
  return (
    <>
      <CompareLegend
        place={place}
        closes={closes}
        trouble={troubleOf(place, compared.data === undefined ? compared.error : null)}
        pointed={pointed}
      />
      <IndicatorLegend {...{ place, indicators, panes, pointed }} />
      {createPortal(
        hasGap ? (
          <GapCard place={place} gaps={gaps} pointedGap={pointedGap} />
        ) : (
          <MarkCard place={place} pointedMark={pointedMark} />
        ),
        place.element,
      )}
    </>
  );
}

/** What keeps the other market from being drawn. */
function troubleOf(place: ChartPlace, error: unknown): string | null {
  const range = rangeOf(place);
  if (range !== null && candlesIn(range, place.timeframe) > COMPARED_CANDLES_MAX) {
    return "zoom in to compare";
  }
  return error === null ? null : adviceOn(error);
}

/** What is drawn is switched on and off by these; they stand in the chart's toolbar. */
export function OverlayControls({ place }: OverlaysProps) {
  const { data: markets = [] } = useMarkets();
  return (
    <>
      <IndicatorMenu place={place} />
      <ComparePicker place={place} names={markets.map(({ name }) => name)} />
      <OverlaySwitches place={place} />
    </>
  );
}

/** The same that is drawn, as lists to read and to go along by keyboard; they stand below the chart. */
export function OverlayLists({ place }: OverlaysProps) {
  return (
    <div class="overlay-lists">
      <GapList place={place} />
      <MarkList place={place} />
      <CompareSummary place={place} />
    </div>
  );
}
