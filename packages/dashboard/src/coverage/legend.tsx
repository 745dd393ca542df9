import type { GapClass } from "@candlehouse/shared/core/gap";
import { GAP_WORDS } from "../chart/overlays/gap-words.ts";
import { drawDay, type Inks } from "./calendar-canvas.ts";
import type { DayCoverage } from "./day-coverage.ts";
import { ScaledCanvas } from "./scaled-canvas.tsx";

const SIZE = 16;

/** Of a hundred candles. */
function dayWith(some: Partial<DayCoverage>, explainedBy?: GapClass): DayCoverage {
  const { hot = 0, cold = 0 } = some;
  const held = Math.max(hot, cold);
  const absent = 100 - held;
  return {
    day: 0,
    expected: 100,
    hot,
    cold,
    held,
    explained: explainedBy === undefined ? 0 : absent,
    missing: explainedBy === undefined ? absent : 0,
    classes: explainedBy === undefined ? [] : [{ name: explainedBy, candles: absent }],
  };
}

const ENTRIES = [
  { name: "Cold: in the archive", day: dayWith({ cold: 100 }) },
  { name: "Hot: in D1", day: dayWith({ hot: 100 }) },
  { name: "Both", day: dayWith({ hot: 100, cold: 100 }) },
  { name: "99 % and more", day: dayWith({ cold: 99 }) },
  { name: "50 % and more", day: dayWith({ cold: 60 }) },
  { name: "Less", day: dayWith({ cold: 20 }) },
  { name: "Missing", day: dayWith({}) },
  { name: GAP_WORDS.no_trades.name, day: dayWith({}, "no_trades") },
  { name: GAP_WORDS.source_outage.name, day: dayWith({}, "source_outage") },
  { name: GAP_WORDS.source_limit.name, day: dayWith({}, "source_limit") },
  { name: "No such market", day: dayWith({}, "not_listed") },
].map(({ name, day }) => ({
  name,
  draw: (context: CanvasRenderingContext2D, inks: Inks) =>
    drawDay(context, { x: 0, y: 0 }, SIZE, day, inks),
}));

/** What the cells of a calendar mean. */
export function Legend() {
  return (
    <ul class="calendar-legend" aria-label="Legend">
      {ENTRIES.map(({ name, draw }) => (
        <li key={name}>
          <ScaledCanvas width={SIZE} height={SIZE} draw={draw} />
          <span>{name}</span>
        </li>
      ))}
    </ul>
  );
}
