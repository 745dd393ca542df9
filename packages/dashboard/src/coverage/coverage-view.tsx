import "./coverage.css";
import { Link, useSearchParams } from "wouter-preact";
import { Stale } from "../ui/stale.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { choose, type SeriesCompleteness } from "./completeness-matrix.ts";
import { CoverageHead } from "./coverage-head.tsx";
import {
  nameOfScope,
  readPlace,
  scopeOf,
  showsDays,
  writePlace,
  type CoveragePlace,
} from "./coverage-place.ts";
import { DaysView } from "./days-view.tsx";
import { GapList } from "./gap-list.tsx";
import { Overview } from "./overview.tsx";
import { useCompleteness } from "./use-days.ts";
import { WorkList } from "./work-list.tsx";

/** What is held and what is missing: of everything, of a tier, of a series, of a day. */
export function CoverageView() {
  const [search, setSearch] = useSearchParams();
  const place = readPlace(search);
  const found = useCompleteness();
  const onChange = (some: Partial<CoveragePlace>) =>
    setSearch(writePlace({ ...place, ...some }), { replace: !("day" in some || "series" in some) });
  const list = found.data?.series;
  return (
    <div class="coverage">
      <CoverageHead place={place} list={list ?? []} onChange={onChange} />
      {list === undefined ? null : <Stale asked={found} />}
      {list === undefined ? (
        found.isError ? (
          <Failed what="what is held" error={found.error} onRetry={() => void found.refetch()} />
        ) : (
          <Loading what="what is held" class="coverage-wait" />
        )
      ) : (
        <Body list={list} place={place} onChange={onChange} />
      )}
      <WorkList />
    </div>
  );
}

interface PartProps {
  readonly place: CoveragePlace;
  readonly list: readonly SeriesCompleteness[];
  readonly onChange: (some: Partial<CoveragePlace>) => void;
}

function Body({ place, list, onChange }: PartProps) {
  if (!showsDays(place)) {
    return (
      <>
        <Overview list={list} place={place} onChange={onChange} />
        <GapList place={place} onChange={onChange} />
      </>
    );
  }
  const members =
    place.series === null
      ? choose(list, place)
      : list.filter(({ series }) => series === place.series);
  if (members.length === 0) {
    return (
      <Empty title={`No candle of ${nameOfScope(scopeOf(place))} is held.`}>
        <p>
          See at <Link href="/series">Series</Link> whether it is collected; its history comes by a{" "}
          <Link href={`/jobs?start=backfill&series=${encodeURIComponent(place.series ?? "")}`}>
            backfill
          </Link>
          .
        </p>
      </Empty>
    );
  }
  return <DaysView members={members} place={place} onChange={onChange} />;
}
