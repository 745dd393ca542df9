import { X } from "lucide-preact";
import { useEffect, useRef } from "preact/hooks";
import { Link } from "wouter-preact";
import { useGet } from "../api/use-get.ts";
import { IconButton } from "../ui/button.tsx";
import { formatNumber } from "../ui/format.ts";
import { Panel, Stat, Stats } from "../ui/panel.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { gapScopeOf, type Scope } from "./coverage-place.ts";
import { nameOfDay, placeOf, type DayCoverage } from "./day-coverage.ts";
import { boundsOf, count, longDay, PLACE_WORDS } from "./day-words.ts";
import { GapCard } from "./gap-card.tsx";
import { backfillLink, chartLink } from "./links.ts";
import { RepairButton, ScanButton } from "./repair-button.tsx";

/** More gaps of one day are in the list below. */
const CARDS_MAX = 20;

interface DayPanelProps {
  readonly scope: Scope;
  readonly day: number;
  /** Undefined for a day on which no candle opens. */
  readonly coverage: DayCoverage | undefined;
  readonly onClose: () => void;
  /** Shows the gaps of the day in the list. */
  readonly onList: () => void;
}

/** One UTC day: what is held, what is missing and why, and what can be done about it. */
export function DayPanel({ scope, day, coverage, onClose, onList }: DayPanelProps) {
  const place = useRef<HTMLDivElement>(null);
  const range = boundsOf(day);
  const rangeName = nameOfDay(day);
  useEffect(() => {
    place.current?.scrollIntoView({ block: "nearest" });
  }, [day]);
  return (
    <div ref={place} class="coverage-day">
      <Panel
        title={`${longDay(day)}, UTC`}
        actions={
          <IconButton label="Close this day" onClick={onClose}>
            <X aria-hidden="true" />
          </IconButton>
        }
      >
        {coverage === undefined ? <p>No candle opens on this day.</p> : <Counts day={coverage} />}
        <div class="toolbar">
          {(coverage?.missing ?? 0) === 0 ? null : (
            <RepairButton scope={scope} range={range} rangeName={rangeName} isMain />
          )}
          <ScanButton scope={scope} range={range} rangeName={rangeName} />
          {"series" in scope ? (
            <>
              <Link class="button" href={chartLink(scope.series, range)}>
                Chart
              </Link>
              <Link class="button" href={backfillLink(scope.series, range)}>
                Backfill
              </Link>
            </>
          ) : null}
        </div>
        <DayGaps scope={scope} day={day} missing={coverage?.missing ?? 0} onList={onList} />
      </Panel>
    </div>
  );
}

function Counts({ day }: { readonly day: DayCoverage }) {
  const { expected, held, missing, explained } = day;
  return (
    <Stats>
      <Stat
        name="Held"
        value={formatNumber(held)}
        note={`${held >= expected ? "all that are due" : `of ${formatNumber(expected)}`}; ${PLACE_WORDS[placeOf(day)]}`}
      />
      <Stat
        name="Missing"
        value={formatNumber(missing)}
        tone={missing === 0 ? "plain" : "bad"}
        note={explained === 0 ? "" : `and ${formatNumber(explained)} that will not come`}
      />
    </Stats>
  );
}

interface DayGapsProps {
  readonly scope: Scope;
  readonly day: number;
  readonly missing: number;
  readonly onList: () => void;
}

function DayGaps({ scope, day, missing, onList }: DayGapsProps) {
  const { start, end } = boundsOf(day);
  const query = { ...gapScopeOf(scope), start, end, limit: CARDS_MAX };
  const found = useGet("/v1/gaps", query);
  if (found.isPending) {
    return <Loading what="the gaps of this day" />;
  }
  if (found.data === undefined) {
    return (
      <Failed
        what="the gaps of this day"
        error={found.error}
        onRetry={() => void found.refetch()}
      />
    );
  }
  const { gaps, next_cursor } = found.data;
  if (gaps.length === 0) {
    return (
      <p class="coverage-quiet">
        {missing === 0
          ? "Nothing is missing, and nothing was."
          : `No record says why ${count(missing, "candle")} ${missing === 1 ? "is" : "are"} missing: no scan has looked at this day since. Scan it to know.`}
      </p>
    );
  }
  return (
    <>
      <ul class="gap-cards">
        {gaps.map((gap) => (
          <GapCard
            key={`${gap.series}@${gap.start}`}
            gap={gap}
            isNamed={!("series" in scope)}
            isAlone={gaps.length === 1}
          />
        ))}
      </ul>
      {next_cursor === null ? null : (
        <button type="button" class="button" onClick={onList}>
          All gaps of this day
        </button>
      )}
    </>
  );
}
