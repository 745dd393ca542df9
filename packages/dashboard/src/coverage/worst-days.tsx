import { formatNumber } from "../ui/format.ts";
import { Panel } from "../ui/panel.tsx";
import { Empty } from "../ui/states.tsx";
import { nameOfDay, type DayCoverage } from "./day-coverage.ts";
import { longDay } from "./day-words.ts";

/** More are seen in the calendar. */
const DAYS_MAX = 12;

interface WorstDaysProps {
  readonly days: readonly DayCoverage[];
  readonly onSelect: (day: number) => void;
}

/** The days that lack most for no known reason: where to begin. */
export function WorstDays({ days, onSelect }: WorstDaysProps) {
  const lacking = days.filter(({ missing }) => missing > 0);
  const worst = lacking
    .toSorted((a, b) => b.missing - a.missing || b.day - a.day)
    .slice(0, DAYS_MAX);
  if (worst.length === 0) {
    return (
      <Panel title="Days to look at">
        <Empty title="No day lacks a candle without a reason.">
          <p>Choose a day in the calendar to see what it holds.</p>
        </Empty>
      </Panel>
    );
  }
  return (
    <Panel title="Days to look at">
      <p class="coverage-quiet">
        {lacking.length > worst.length
          ? `Those ${worst.length} of ${formatNumber(lacking.length)} days that lack most.`
          : "The days that lack candles, and nothing says why."}
      </p>
      <ol class="worst-days">
        {worst.map(({ day, missing }) => (
          <li key={day}>
            <button type="button" class="worst-day" onClick={() => onSelect(day)}>
              <span class="number">{nameOfDay(day)}</span>
              <span class="only-read">{longDay(day)}</span>
              <span>{formatNumber(missing)} missing</span>
            </button>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
