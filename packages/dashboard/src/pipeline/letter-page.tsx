import { ChevronLeft, ChevronRight } from "lucide-preact";
import { useState } from "preact/hooks";
import { IconButton } from "../ui/button.tsx";
import { Empty } from "../ui/states.tsx";
import { Answered } from "./answered.tsx";
import { LetterDialog } from "./letter-dialog.tsx";
import type { LetterFilter } from "./letter-filter.ts";
import { LetterTable } from "./letter-table.tsx";
import { PAGE_LETTERS, useLetters } from "./reads.ts";

interface LetterPageProps {
  readonly filter: LetterFilter;
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (ids: ReadonlySet<string>) => void;
}

/** A page of dead letters. It begins anew, at the newest, where another filter is chosen. */
export function LetterPage({ filter, chosen, onChoose }: LetterPageProps) {
  /** Where the pages up to this one begin; the first begins at the newest. */
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const [inspected, setInspected] = useState<string | null>(null);
  const cursor = cursors.at(-1);
  const query = useLetters(filter, cursor);
  return (
    <>
      <Answered what="the dead letters" query={query}>
        {({ dead_letters: letters, next_cursor: next }) =>
          letters.length === 0 && cursors.length === 0 ? (
            <NoLetters filter={filter} />
          ) : (
            <>
              <LetterTable
                letters={letters}
                chosen={chosen}
                onChoose={onChoose}
                onInspect={setInspected}
              />
              <LetterPages
                page={cursors.length}
                count={letters.length}
                next={next}
                onBefore={() => setCursors(cursors.slice(0, -1))}
                onNext={(at) => setCursors([...cursors, at])}
              />
            </>
          )
        }
      </Answered>
      {inspected === null ? null : (
        <LetterDialog id={inspected} onClose={() => setInspected(null)} />
      )}
    </>
  );
}

function NoLetters({ filter }: { readonly filter: LetterFilter }) {
  const isNarrow = filter.source !== null || filter.queue !== null;
  if (filter.state === "open" && !isNarrow) {
    return (
      <Empty title="No dead letter is open.">
        <p>A message that cannot be stored comes here with the reason, and is never lost.</p>
      </Empty>
    );
  }
  return (
    <Empty title="No dead letter is like that.">
      <p>Choose another state, source or queue to see others.</p>
    </Empty>
  );
}

interface LetterPagesProps {
  /** From 0. */
  readonly page: number;
  readonly count: number;
  readonly next: string | null;
  readonly onBefore: () => void;
  readonly onNext: (cursor: string) => void;
}

function LetterPages({ page, count, next, onBefore, onNext }: LetterPagesProps) {
  if (page === 0 && next === null) {
    return null;
  }
  const first = page * PAGE_LETTERS;
  return (
    <div class="data-table-pages">
      <span>{count === 0 ? "No more" : `${first + 1} to ${first + count}, newest first`}</span>
      <IconButton label="Newer dead letters" disabled={page === 0} onClick={onBefore}>
        <ChevronLeft aria-hidden="true" />
      </IconButton>
      <IconButton
        label="Older dead letters"
        disabled={next === null}
        onClick={() => {
          if (next !== null) {
            onNext(next);
          }
        }}
      >
        <ChevronRight aria-hidden="true" />
      </IconButton>
    </div>
  );
}
