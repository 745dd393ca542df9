import { openTimeOf, timeframeSeconds, type Timeframe } from "@candlehouse/shared/core/timeframe";
import type {
  IPrimitivePaneRenderer,
  ISeriesPrimitive,
  ITimeScaleApi,
  Logical,
  SeriesAttachedParameter,
  Time,
} from "lightweight-charts";
import { timestampOf } from "../keep-view.ts";
import { drawGap, type GapBox } from "./draw-gap.ts";
import { gapId, type GapSpan } from "./gap-span.ts";

/** Least width of a gap on the page, CSS pixels. */
const WIDTH_MIN = 3;
/** How far beside a gap the pointer still means it, CSS pixels. */
const REACH = 4;

/** Draws gaps behind the candles. */
export interface GapPrimitive extends ISeriesPrimitive {
  /** What is drawn from now on; `chosen` is the id of the gap that stands out. */
  readonly show: (spans: readonly GapSpan[], timeframe: Timeframe, chosen: string | null) => void;
  /** The gap at `x` of the chart's first pane, CSS pixels. */
  readonly spanAt: (x: number) => GapSpan | null;
}

export function createGapPrimitive(): GapPrimitive {
  let attached: SeriesAttachedParameter | null = null;
  let shown: { spans: readonly GapSpan[]; timeframe: Timeframe; chosen: string | null } = {
    spans: [],
    timeframe: "1m",
    chosen: null,
  };
  let boxes: GapBox[] = [];
  const renderer: IPrimitivePaneRenderer = {
    draw: (target) => {
      target.useBitmapCoordinateSpace((scope) => {
        for (const box of boxes) {
          drawGap(scope, box);
        }
      });
    },
  };
  const views = [{ zOrder: () => "bottom" as const, renderer: () => renderer }];
  return {
    attached: (parameters) => {
      attached = parameters;
    },
    detached: () => {
      attached = null;
    },
    updateAllViews: () => {
      boxes =
        attached === null
          ? []
          : boxesOf(shown.spans, shown.timeframe, attached.chart.timeScale()).map((box) => ({
              ...box,
              isChosen: gapId(box.span.gap) === shown.chosen,
            }));
    },
    paneViews: () => views,
    show: (spans, timeframe, chosen) => {
      shown = { spans, timeframe, chosen };
      attached?.requestUpdate();
    },
    spanAt: (x) =>
      boxes.find(({ left, right }) => x >= left - REACH && x <= right + REACH)?.span ?? null,
  };
}

/** Where the `spans` that can be seen lie on the page. */
function boxesOf(
  spans: readonly GapSpan[],
  timeframe: Timeframe,
  scale: ITimeScaleApi<Time>,
): Omit<GapBox, "isChosen">[] {
  const width = scale.width();
  return spans.flatMap((span) => {
    const left = edgeOf(span.start, timeframe, scale);
    const right = edgeOf(span.end, timeframe, scale);
    if (left === null || right === null || right < 0 || left > width) {
      return [];
    }
    const missing = Math.max(0, WIDTH_MIN - (right - left)) / 2;
    return [{ span, left: left - missing, right: right + missing }];
  });
}

/**
 * Where `time` lies: a candle is as wide as its interval is long. Of a time without a point on the
 * scale, the left edge of the next point.
 */
function edgeOf(time: number, timeframe: Timeframe, scale: ITimeScaleApi<Time>): number | null {
  const open = openTimeOf(time, timeframe);
  const own = scale.timeToIndex(timestampOf(open), false);
  const index = own ?? scale.timeToIndex(timestampOf(time), true);
  if (index === null) {
    return null;
  }
  const share = own === null ? 0 : (time - open) / timeframeSeconds(timeframe);
  const middle = scale.logicalToCoordinate(logicalOf(index));
  const next = scale.logicalToCoordinate(logicalOf(index + 1));
  return middle === null || next === null ? null : middle + (share - 0.5) * (next - middle);
}

/** A place on the scale as the library has it. */
function logicalOf(index: number): Logical {
  // The library's type is a number with a name; there is no other way to make one.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return index as Logical;
}
