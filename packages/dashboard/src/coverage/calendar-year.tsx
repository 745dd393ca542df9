import type { ComponentChildren } from "preact";
import { useCallback, useLayoutEffect, useRef } from "preact/hooks";
import { CELL_GAP, cellOf, dayAt, type YearLayout } from "./calendar-layout.ts";
import { drawYear, type Inks } from "./calendar-canvas.ts";
import type { DayCoverage } from "./day-coverage.ts";
import { ScaledCanvas } from "./scaled-canvas.tsx";

interface CalendarYearProps {
  readonly layout: YearLayout;
  readonly days: ReadonlyMap<number, DayCoverage>;
  readonly selected: number | null;
  readonly cursor: number | null;
  readonly onHover: (day: number | null) => void;
  readonly onSelect: (day: number) => void;
  readonly children: ComponentChildren;
}

/** One year, for the eye and the pointer. */
export function CalendarYear(props: CalendarYearProps) {
  const { layout, days, selected, cursor, onHover, onSelect, children } = props;
  const draw = useCallback(
    (context: CanvasRenderingContext2D, inks: Inks) => drawYear(context, layout, days, inks),
    [layout, days],
  );
  const dayUnder = (event: MouseEvent) => {
    const day = dayAt(layout, { x: event.offsetX, y: event.offsetY });
    return day !== null && days.has(day) ? day : null;
  };
  return (
    <div class="calendar-year">
      <p class="calendar-year-name">{layout.year}</p>
      <div
        class="calendar-year-days"
        role="presentation"
        style={{ width: `${layout.width}px`, height: `${layout.height}px` }}
        onPointerMove={(event) => onHover(dayUnder(event))}
        onPointerLeave={() => onHover(null)}
        onClick={(event) => {
          const day = dayUnder(event);
          if (day !== null) {
            onSelect(day);
          }
        }}
      >
        <ScaledCanvas width={layout.width} height={layout.height} draw={draw} />
        <Ring layout={layout} day={selected} kind="selected" />
        <Ring layout={layout} day={cursor} kind="cursor" />
        {children}
      </div>
    </div>
  );
}

interface RingProps {
  readonly layout: YearLayout;
  readonly day: number | null;
  readonly kind: "selected" | "cursor";
}

/** Goes around the day that is chosen, or that the keys have come to, which is then in sight. */
function Ring({ layout, day, kind }: RingProps) {
  const ring = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (kind === "cursor") {
      ring.current?.scrollIntoView({ block: "nearest" });
    }
  }, [kind, day]);
  if (day === null || day < layout.firstDay || day >= layout.endDay) {
    return null;
  }
  const { x, y } = cellOf(layout, day);
  const size = layout.pitch - CELL_GAP;
  return (
    <span
      ref={ring}
      class={`calendar-ring calendar-ring-${kind}`}
      style={{ left: `${x}px`, top: `${y}px`, width: `${size}px`, height: `${size}px` }}
    />
  );
}
