import { Progress } from "../ui/progress.tsx";
import { Panel } from "../ui/panel.tsx";
import { Stale } from "../ui/stale.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { Calendar } from "./calendar.tsx";
import type { SeriesCompleteness } from "./completeness-matrix.ts";
import { nameOfScope, scopeOf, type CoveragePlace, type Scope } from "./coverage-place.ts";
import { nameOfDay, type DayCoverage } from "./day-coverage.ts";
import { DayPanel } from "./day-panel.tsx";
import { longDay } from "./day-words.ts";
import { DaySummary } from "./day-summary.tsx";
import { GapList } from "./gap-list.tsx";
import { Legend } from "./legend.tsx";
import { MonthTable } from "./month-table.tsx";
import { groupProgress, GROUP_SERIES_MAX, useDays } from "./use-days.ts";
import { WorstDays } from "./worst-days.tsx";

interface DaysViewProps {
  /** The series whose days are summed; not empty. */
  readonly members: readonly SeriesCompleteness[];
  readonly place: CoveragePlace;
  readonly onChange: (some: Partial<CoveragePlace>) => void;
}

/** The calendar of a series, or of those of a tier in one timeframe, and the day that is looked at. */
export function DaysView({ members, place, onChange }: DaysViewProps) {
  const scope = scopeOf(place);
  const { days, error, onRetry } = useDays(scope, members);
  if (members.length > GROUP_SERIES_MAX) {
    return (
      <Empty title={`${members.length} series are too many for one calendar.`}>
        <p>Choose a source too, or a series.</p>
      </Empty>
    );
  }
  if (days === undefined) {
    return error === null ? (
      <Panel title="Days" class="coverage-days-wait">
        <Loading what={`the days of ${nameOfScope(scope)}`} />
        <GroupProgress />
      </Panel>
    ) : (
      <Failed what={`the days of ${nameOfScope(scope)}`} error={error} onRetry={onRetry} />
    );
  }
  if (days.length === 0) {
    return <Empty title="No candle of it is held yet." />;
  }
  return <LoadedDays scope={scope} days={days} error={error} place={place} onChange={onChange} />;
}

interface LoadedDaysProps extends Pick<DaysViewProps, "place" | "onChange"> {
  readonly scope: Scope;
  readonly days: readonly DayCoverage[];
  readonly error: Error | null;
}

function LoadedDays({ scope, days, error, place, onChange }: LoadedDaysProps) {
  const { day } = place;
  const name = nameOfScope(scope);
  const onSelect = (chosen: number | null) => onChange({ day: chosen });
  return (
    <>
      <DaySummary scope={scope} days={days} />
      <p class="only-read" role="status">
        {day === null ? "" : `${longDay(day)} is shown beside the calendar.`}
      </p>
      <div class="coverage-days">
        <Panel title="Days" class="coverage-calendar">
          <Stale asked={{ isError: error !== null, error }} />
          <Calendar key={name} name={name} days={days} selected={day} onSelect={onSelect} />
          <Legend />
          <MonthTable name={name} days={days} />
        </Panel>
        <div class="coverage-side">
          {day === null ? (
            <WorstDays days={days} onSelect={onSelect} />
          ) : (
            <DayPanel
              key={day}
              scope={scope}
              day={day}
              coverage={days.find((one) => one.day === day)}
              onClose={() => onSelect(null)}
              onList={() => onChange({ from: nameOfDay(day), until: nameOfDay(day) })}
            />
          )}
        </div>
        <GapList place={place} onChange={onChange} />
      </div>
    </>
  );
}

function GroupProgress() {
  const { value } = groupProgress;
  return value === null ? null : (
    <Progress
      label={`${value.done} of ${value.of} series have answered`}
      ratio={value.done / value.of}
    />
  );
}
