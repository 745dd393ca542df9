import { useState } from "preact/hooks";
import { useSearchParams } from "wouter-preact";
import { Panel, Stat, Stats } from "../ui/panel.tsx";
import { formatNumber } from "../ui/format.ts";
import { Answered } from "./answered.tsx";
import { LetterBar } from "./letter-bar.tsx";
import { filterOf, withFilter, type LetterFilter } from "./letter-filter.ts";
import { LetterPage } from "./letter-page.tsx";
import { Moment } from "./moment.tsx";
import { useStats } from "./reads.ts";

/** Messages that could not be stored: what they are, and what to do with them. */
export function LettersPanel() {
  const [search, setSearch] = useSearchParams();
  const filter = filterOf(search);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const change = (next: LetterFilter): void => {
    setChosen(new Set());
    setSearch((before) => withFilter(before, next), { replace: true });
  };
  return (
    <Panel title="Dead letters">
      <LetterCounts />
      <LetterBar filter={filter} onFilter={change} chosen={chosen} onChoose={setChosen} />
      <LetterPage
        key={JSON.stringify(filter)}
        filter={filter}
        chosen={chosen}
        onChoose={setChosen}
      />
    </Panel>
  );
}

function LetterCounts() {
  return (
    <Answered what="the counts of dead letters" query={useStats()}>
      {({ dead_letters: { open, replayed, discarded, oldest_open_at: oldest } }) => (
        <Stats>
          <Stat
            name="Open"
            value={formatNumber(open)}
            tone={open === 0 ? "good" : "warning"}
            note={
              oldest === null ? (
                "nothing waits for you"
              ) : (
                <>
                  oldest from <Moment at={oldest} />
                </>
              )
            }
          />
          <Stat name="Replayed" value={formatNumber(replayed)} note="sent to the queue again" />
          <Stat name="Discarded" value={formatNumber(discarded)} note="given up, bodies kept" />
        </Stats>
      )}
    </Answered>
  );
}
