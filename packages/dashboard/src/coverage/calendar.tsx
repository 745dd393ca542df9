import { useId, useMemo, useRef, useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { CalendarYear } from "./calendar-year.tsx";
import {
  columnsOf,
  layoutYear,
  moveBy,
  YEAR_GAP,
  yearOf,
  type DayRange,
} from "./calendar-layout.ts";
import type { DayCoverage } from "./day-coverage.ts";
import { DayTip } from "./day-tip.tsx";
import { readOutDay } from "./day-words.ts";
import { useWidth } from "./use-width.ts";

/** Years that are shown before the reader asks for more: on a narrow screen each is tall. */
const YEARS_SHOWN = 6;
const YEARS_SHOWN_NARROW = 2;
const NARROW = "(width < 48rem)";

interface CalendarProps {
  /** What its days are of; told to a screen reader. */
  readonly name: string;
  /** Ascending, not empty. */
  readonly days: readonly DayCoverage[];
  readonly selected: number | null;
  readonly onSelect: (day: number) => void;
}

/** Days as cells, a column a week, the newest year first. Arrow keys move, Enter chooses. */
export function Calendar({ name, days, selected, onSelect }: CalendarProps) {
  const byDay = useMemo(() => new Map(days.map((one) => [one.day, one])), [days]);
  const first = days.at(0)?.day ?? 0;
  const last = days.at(-1)?.day ?? 0;
  const range = useMemo(() => ({ first, last }), [first, last]);
  const [cursor, setCursor] = useState(() => clamp(selected ?? last, first, last));
  const [isFocused, setFocused] = useState(false);
  const [hovered, setHovered] = useState<number | null>(null);
  const [yearsShown, setYearsShown] = useState(yearsShownFirst);
  const id = useId();
  const cell = `${id}-${cursor}`;
  const pointed = hovered ?? (isFocused ? cursor : null);

  function onKeyDown(event: KeyboardEvent) {
    const isChoice = event.key === "Enter" || event.key === " ";
    const target = moveBy(cursor, event.key, event.ctrlKey || event.metaKey);
    if (isChoice) {
      onSelect(cursor);
    } else if (target !== null) {
      const next = clamp(target, first, last);
      setCursor(next);
      setHovered(null);
      setYearsShown(Math.max(yearsShown, yearOf(last) - yearOf(next) + 1));
    }
    if (isChoice || target !== null) {
      event.preventDefault();
    }
  }

  return (
    <>
      <div
        class="calendar"
        role="grid"
        tabIndex={0}
        aria-label={`Days of ${name}`}
        aria-describedby={`${id}-keys`}
        aria-activedescendant={cell}
        onKeyDown={onKeyDown}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
      >
        <div role="row" class="only-read">
          <div key={cell} id={cell} role="gridcell" aria-selected={cursor === selected}>
            {readOutDay(cursor, byDay.get(cursor))}
          </div>
        </div>
        <Years
          byDay={byDay}
          range={range}
          oldest={Math.max(yearOf(first), yearOf(last) - yearsShown + 1)}
          selected={selected}
          cursor={isFocused ? cursor : null}
          pointed={pointed}
          onHover={setHovered}
          onSelect={(day) => {
            setCursor(clamp(day, first, last));
            onSelect(day);
          }}
        />
      </div>
      <KeyHint id={`${id}-keys`} />
      <EarlierYears
        count={yearOf(last) - yearOf(first) + 1 - yearsShown}
        onShow={() => setYearsShown(Number.POSITIVE_INFINITY)}
      />
    </>
  );
}

function yearsShownFirst(): number {
  return matchMedia(NARROW).matches ? YEARS_SHOWN_NARROW : YEARS_SHOWN;
}

function KeyHint({ id }: { readonly id: string }) {
  return (
    <p id={id} class="only-read">
      Arrow keys go by day and week, Page Up and Page Down by month, with Control by year. Enter
      shows a day.
    </p>
  );
}

function clamp(day: number, first: number, last: number): number {
  return Math.min(last, Math.max(first, day));
}

interface YearsProps {
  readonly byDay: ReadonlyMap<number, DayCoverage>;
  /** Days of the first and the last cell. */
  readonly range: DayRange;
  /** Of the years that are shown. */
  readonly oldest: number;
  readonly selected: number | null;
  readonly cursor: number | null;
  readonly pointed: number | null;
  readonly onHover: (day: number | null) => void;
  readonly onSelect: (day: number) => void;
}

function Years(props: YearsProps) {
  const { byDay, range, oldest, selected, cursor, pointed, onHover, onSelect } = props;
  const place = useRef<HTMLDivElement>(null);
  const width = useWidth(place);
  const newest = yearOf(range.last);
  const count = newest - oldest + 1;
  const columns = columnsOf(width ?? 0, count);
  const yearWidth = ((width ?? 0) - (columns - 1) * YEAR_GAP) / columns;
  const layouts = useMemo(
    () => Array.from({ length: count }, (_, index) => layoutYear(newest - index, yearWidth, range)),
    [count, newest, yearWidth, range],
  );
  return (
    <div
      ref={place}
      class="calendar-years"
      aria-hidden="true"
      style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, columnGap: YEAR_GAP }}
    >
      {width === null
        ? null
        : layouts.map((layout) => (
            <CalendarYear
              key={layout.year}
              layout={layout}
              days={byDay}
              selected={selected}
              cursor={cursor}
              onHover={onHover}
              onSelect={onSelect}
            >
              {pointed !== null && yearOf(pointed) === layout.year ? (
                <DayTip day={pointed} coverage={byDay.get(pointed)} layout={layout} />
              ) : null}
            </CalendarYear>
          ))}
    </div>
  );
}

function EarlierYears({ count, onShow }: { readonly count: number; readonly onShow: () => void }) {
  return count <= 0 ? null : (
    <Button onClick={onShow}>
      {count === 1 ? "Show the year before" : `Show ${count} earlier years`}
    </Button>
  );
}
