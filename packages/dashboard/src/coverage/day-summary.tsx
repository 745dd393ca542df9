import { formatCompact, formatNumber, formatRatio } from "../ui/format.ts";
import { Panel, Stat, Stats } from "../ui/panel.tsx";
import type { Scope } from "./coverage-place.ts";
import { addDays, nameOfDay, type DayCoverage } from "./day-coverage.ts";
import { count } from "./day-words.ts";
import { RepairButton, ScanButton } from "./repair-button.tsx";

interface DaySummaryProps {
  readonly scope: Scope;
  /** Ascending, not empty. */
  readonly days: readonly DayCoverage[];
}

/** All days together, and what can be done about all that is missing. */
export function DaySummary({ scope, days }: DaySummaryProps) {
  const totals = addDays(days);
  const possible = totals.expected - totals.explained;
  const ratio = possible === 0 ? null : Math.min(1, totals.held / possible);
  return (
    <Panel
      title="In all"
      actions={
        <>
          {totals.missing === 0 ? null : (
            <RepairButton scope={scope} rangeName="all of it" isMain={false} />
          )}
          <ScanButton scope={scope} rangeName="all of it" />
        </>
      }
    >
      <Stats>
        <Stat
          name="Completeness"
          value={ratio === null ? "–" : formatRatio(ratio)}
          tone={totals.missing === 0 ? "good" : "plain"}
          note="of what can be held"
        />
        <Stat
          name="Days without a miss"
          value={formatNumber(totals.wholeDays)}
          note={`of ${count(totals.days, "day")} since ${nameOfDay(days[0]?.day ?? 0)}`}
        />
        <Stat
          name="Candles held"
          value={formatCompact(totals.held)}
          note={`of ${formatCompact(totals.expected)} due`}
        />
        <Stat
          name="Missing"
          value={formatNumber(totals.missing)}
          tone={totals.missing === 0 ? "good" : "warning"}
          note={
            totals.explained === 0
              ? noteOn(totals.missing)
              : `and ${formatNumber(totals.explained)} that will not come`
          }
        />
        <Stat name="Days in D1" value={formatNumber(totals.hotDays)} note="hot" />
        <Stat name="Days in the archive" value={formatNumber(totals.coldDays)} note="cold" />
      </Stats>
    </Panel>
  );
}

function noteOn(missing: number): string {
  return missing === 0 ? "nothing to look for" : "for no known reason";
}
