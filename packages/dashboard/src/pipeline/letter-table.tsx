import { Button } from "../ui/button.tsx";
import { DataTable, type Column } from "../ui/data-table.tsx";
import { formatNumber } from "../ui/format.ts";
import { Tag, type Tone } from "../ui/tag.tsx";
import type { Letter } from "./answers.ts";
import { Moment } from "./moment.tsx";
import { PAGE_LETTERS } from "./reads.ts";

export const LETTER_TONES: Readonly<Record<Letter["state"], Tone>> = {
  open: "warning",
  replayed: "good",
  discarded: "plain",
};

export const LETTER_WORDS: Readonly<Record<Letter["state"], string>> = {
  open: "Open",
  replayed: "Replayed",
  discarded: "Discarded",
};

interface LetterTableProps {
  readonly letters: readonly Letter[];
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (ids: ReadonlySet<string>) => void;
  readonly onInspect: (id: string) => void;
}

/** Dead letters, to be chosen and looked into. They stand in the system's order: newest first. */
export function LetterTable({ letters, chosen, onChoose, onInspect }: LetterTableProps) {
  const areAllChosen = letters.length > 0 && letters.every(({ id }) => chosen.has(id));
  return (
    <>
      <label class="pipeline-choose-all">
        <input
          type="checkbox"
          checked={areAllChosen}
          disabled={letters.length === 0}
          onChange={() => {
            const page = new Set(letters.map(({ id }) => id));
            const others = [...chosen].filter((id) => !page.has(id));
            onChoose(new Set(areAllChosen ? others : [...others, ...page]));
          }}
        />
        Choose all of this page
      </label>
      <DataTable
        caption="One page of dead letters"
        rows={letters}
        columns={columnsOf(chosen, onChoose, onInspect)}
        rowId={({ id }) => id}
        pageRows={PAGE_LETTERS}
      />
    </>
  );
}

function columnsOf(
  chosen: ReadonlySet<string>,
  onChoose: (ids: ReadonlySet<string>) => void,
  onInspect: (id: string) => void,
): readonly Column<Letter>[] {
  return [
    {
      id: "chosen",
      header: "Choose",
      isSortable: false,
      value: ({ id }) => id,
      cell: ({ id, reason_code }) => (
        <label class="pipeline-choose">
          <input
            type="checkbox"
            aria-label={`Choose ${id.slice(0, 8)}, ${reason_code}`}
            checked={chosen.has(id)}
            onChange={() => onChoose(toggled(chosen, id))}
          />
        </label>
      ),
    },
    {
      id: "inspect",
      header: "Body",
      isSortable: false,
      value: ({ id }) => id,
      cell: ({ id }) => (
        <Button label={`Inspect ${id.slice(0, 8)}`} onClick={() => onInspect(id)}>
          Inspect
        </Button>
      ),
    },
    ...FACTS,
  ];
}

/** What is told of each. Within a page, another order would say nothing of the whole. */
const FACTS: readonly Column<Letter>[] = [
  {
    id: "reason",
    header: "Reason",
    isSortable: false,
    value: ({ reason }) => reason,
    cell: ({ reason_code, reason }) => (
      <div class="pipeline-letter-reason">
        <code>{reason_code}</code>
        <span title={reason}>{reason}</span>
      </div>
    ),
  },
  {
    id: "state",
    header: "State",
    isSortable: false,
    value: ({ state }) => state,
    cell: ({ state, settled_at, discard_reason }) => (
      <div class="pipeline-letter-state">
        <Tag tone={LETTER_TONES[state]}>{LETTER_WORDS[state]}</Tag>
        {settled_at === null ? null : (
          <span class="pipeline-host-note">
            <Moment at={settled_at} />
            {discard_reason === null ? "" : `: ${discard_reason}`}
          </span>
        )}
      </div>
    ),
  },
  {
    id: "source",
    header: "Source",
    isSortable: false,
    value: ({ source }) => source,
    cell: ({ source, queue }) => (
      <div class="pipeline-letter-source">
        <span>{source ?? "not known"}</span>
        <span class="pipeline-host-note">{queue}</span>
      </div>
    ),
  },
  {
    id: "candles",
    header: "Candles",
    isNumber: true,
    isSortable: false,
    value: ({ candles }) => candles,
    cell: ({ candles }) => (candles === null ? "–" : formatNumber(candles)),
  },
  {
    id: "first",
    header: "First seen",
    isSortable: false,
    value: ({ first_seen }) => first_seen,
    cell: ({ first_seen }) => <Moment at={first_seen} />,
  },
  {
    id: "last",
    header: "Last seen",
    isSortable: false,
    value: ({ last_seen }) => last_seen,
    cell: ({ last_seen }) => <Moment at={last_seen} />,
  },
  {
    id: "times",
    header: "Times",
    isNumber: true,
    isSortable: false,
    value: ({ seen_count }) => seen_count,
  },
];

/** `ids` with `id`, or without it where it is among them. */
function toggled(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return new Set(ids.has(id) ? [...ids].filter((one) => one !== id) : [...ids, id]);
}
