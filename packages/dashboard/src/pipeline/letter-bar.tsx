import type { DeadLetterReplay, DeadLetterReplayOrder } from "@candlehouse/client";
import { useState } from "preact/hooks";
import { tellDone, tellFailed } from "../shell/notices.tsx";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { formatNumber } from "../ui/format.ts";
import { Segments } from "../ui/segments.tsx";
import { Select } from "../ui/select.tsx";
import { DiscardDialog } from "./discard-dialog.tsx";
import { openText, queryOf, type LetterFilter } from "./letter-filter.ts";
import { useReplay } from "./letter-writes.ts";
import { useSources, useStats } from "./reads.ts";
import { ReplayDialog } from "./replay-dialog.tsx";

const ALL = "all";

const STATES = [
  { value: "open", label: "Open" },
  { value: "replayed", label: "Replayed" },
  { value: "discarded", label: "Discarded" },
  { value: ALL, label: "All" },
] as const;

interface LetterBarProps {
  readonly filter: LetterFilter;
  readonly onFilter: (filter: LetterFilter) => void;
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (ids: ReadonlySet<string>) => void;
}

/** Which dead letters are shown, and what is done with those that are chosen. */
export function LetterBar({ filter, onFilter, chosen, onChoose }: LetterBarProps) {
  const { state, source, queue } = filter;
  const sources = useSources().data?.sources.map((one) => one.source) ?? [];
  const queues = useStats().data?.queues.map((one) => one.queue) ?? [];
  return (
    <div class="toolbar">
      <Segments
        label="State of the dead letters"
        options={STATES}
        value={state ?? ALL}
        onChange={(value) => onFilter({ ...filter, state: value === ALL ? null : value })}
      />
      <Select
        label="Source of the dead letters"
        options={optionsOf("Every source", sources, source)}
        value={source ?? ALL}
        onChange={(value) => onFilter({ ...filter, source: value === ALL ? null : value })}
      />
      <Select
        label="Queue of the dead letters"
        options={optionsOf("Every queue", queues, queue)}
        value={queue ?? ALL}
        onChange={(value) => onFilter({ ...filter, queue: value === ALL ? null : value })}
      />
      <LetterOrders filter={filter} chosen={chosen} onChoose={onChoose} />
    </div>
  );
}

/** The names to choose from; what the address names is among them, whatever it is. */
function optionsOf(all: string, names: readonly string[], chosen: string | null) {
  const known = new Set([...names, ...(chosen === null ? [] : [chosen])]);
  return [
    { value: ALL, label: all },
    ...[...known].toSorted().map((name) => ({ value: name, label: name })),
  ];
}

interface LetterOrdersProps {
  readonly filter: LetterFilter;
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (ids: ReadonlySet<string>) => void;
}

function LetterOrders({ filter, chosen, onChoose }: LetterOrdersProps) {
  const [asking, setAsking] = useState<"all" | "discard" | null>(null);
  const [outcome, setOutcome] = useState<DeadLetterReplay | null>(null);
  const replay = useReplay();
  const open = useStats().data?.dead_letters.open;
  const { state: _, ...matching } = queryOf(filter);
  const send = async (order: DeadLetterReplayOrder): Promise<void> => {
    try {
      const done = await replay.mutateAsync(order);
      onChoose(new Set());
      if (done.failed.length === 0 && done.remaining === 0) {
        setOutcome(null);
        tellDone(done.message);
      } else {
        setOutcome(done);
      }
    } catch (error) {
      tellFailed(error);
    }
  };
  return (
    <div class="pipeline-letter-orders">
      <span class="pipeline-quiet" role="status">
        {chosen.size === 0 ? "None chosen" : `${formatNumber(chosen.size)} chosen`}
      </span>
      <Button
        disabled={chosen.size === 0}
        isBusy={replay.isPending}
        onClick={() => void send({ ids: [...chosen] })}
      >
        Replay chosen
      </Button>
      <Button disabled={chosen.size === 0} onClick={() => setAsking("discard")}>
        Discard chosen…
      </Button>
      <Button disabled={open === 0} isBusy={replay.isPending} onClick={() => setAsking("all")}>
        Replay all open…
      </Button>
      {asking === "all" ? (
        <ConfirmDialog
          title="Replay all open dead letters?"
          yes="Replay them"
          no="Cancel"
          onYes={() => void send({ all: true, ...matching })}
          onClose={() => setAsking(null)}
        >
          {`This sends ${openText(filter)} to its queue again, 1,000 at a time. What is stored already is not stored twice; what fails again is open again.`}
        </ConfirmDialog>
      ) : null}
      {asking === "discard" ? (
        <DiscardDialog
          ids={[...chosen]}
          onDone={() => onChoose(new Set())}
          onClose={() => setAsking(null)}
        />
      ) : null}
      {outcome === null ? null : (
        <ReplayDialog
          outcome={outcome}
          isBusy={replay.isPending}
          onMore={() => void send({ all: true, ...matching })}
          onClose={() => setOutcome(null)}
        />
      )}
    </div>
  );
}
