import { cellOf, type YearLayout } from "./calendar-layout.ts";
import type { DayCoverage } from "./day-coverage.ts";
import { describeDay, longDay } from "./day-words.ts";

/** As wide as the style sheet has it. */
const TIP_WIDTH = 250;

interface DayTipProps {
  readonly day: number;
  readonly coverage: DayCoverage | undefined;
  readonly layout: YearLayout;
}

/** The numbers of the day that the pointer or the keys are at, beside it. */
export function DayTip({ day, coverage, layout }: DayTipProps) {
  const { x, y } = cellOf(layout, day);
  const left = Math.max(0, Math.min(x - TIP_WIDTH / 2, layout.width - TIP_WIDTH));
  const lines = coverage === undefined ? ["No candle opens on it."] : describeDay(coverage);
  return (
    <div class="calendar-tip" style={{ left: `${left}px`, top: `${y + layout.pitch + 4}px` }}>
      <strong>{longDay(day)}</strong>
      {lines.map((line) => (
        <span key={line}>{line}</span>
      ))}
    </div>
  );
}
