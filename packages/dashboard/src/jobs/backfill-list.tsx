import { BACKFILL_STATES, type BackfillState } from "@candlehouse/shared/core/backfill-job";
import { SOURCES, type SourceId } from "@candlehouse/shared/core/source";
import { useState } from "preact/hooks";
import { useSearchParams } from "wouter-preact";
import { Button } from "../ui/button.tsx";
import { formatNumber } from "../ui/format.ts";
import { Panel } from "../ui/panel.tsx";
import { Select } from "../ui/select.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { Stale } from "../ui/stale.tsx";
import { BackfillRow } from "./backfill-row.tsx";
import { isOpen, STATES } from "./backfill-state.ts";
import { PAGE_JOBS, useBackfills, useToldEndings, type BackfillsQuery } from "./use-backfills.ts";

/** Most that the system tells of in one answer. */
const PAGE_JOBS_MAX = 500;

type Either<Value extends string> = Value | "any";

const STATE_OPTIONS: readonly { value: Either<BackfillState>; label: string }[] = [
  { value: "any", label: "Any state" },
  ...BACKFILL_STATES.map((state) => ({ value: state, label: STATES[state].word })),
];

const SOURCE_OPTIONS: readonly { value: Either<SourceId>; label: string }[] = [
  { value: "any", label: "Any source" },
  ...SOURCES.map((source) => ({ value: source, label: source })),
];

/** The backfills, those under way first, then the newest. */
export function BackfillList({ onOpen }: { readonly onOpen: (id: string) => void }) {
  const [query, setQuery] = useSearchParams();
  const [limit, setLimit] = useState(PAGE_JOBS);
  const filter = filterIn(query);
  useToldEndings(PAGE_JOBS);
  const change = (name: "state" | "of", value: string) =>
    setQuery(
      (before) => {
        const after = new URLSearchParams(before);
        after.delete(name);
        if (value !== "any") {
          after.set(name, value);
        }
        return after;
      },
      { replace: true },
    );
  return (
    <Panel
      title="Backfills"
      actions={
        <>
          <Select
            label="State of the backfills"
            options={STATE_OPTIONS}
            value={filter.state ?? "any"}
            onChange={(state) => change("state", state)}
          />
          <Select
            label="Source of the backfills"
            options={SOURCE_OPTIONS}
            value={filter.source ?? "any"}
            onChange={(source) => change("of", source)}
          />
        </>
      }
    >
      <Rows
        query={{ ...filter, limit }}
        onOpen={onOpen}
        onMore={() => setLimit(Math.min(PAGE_JOBS_MAX, limit + 2 * PAGE_JOBS))}
      />
    </Panel>
  );
}

function filterIn(query: URLSearchParams): Omit<BackfillsQuery, "limit"> {
  const state = BACKFILL_STATES.find((one) => one === query.get("state"));
  const source = SOURCES.find((one) => one === query.get("of"));
  return { ...(state === undefined ? {} : { state }), ...(source === undefined ? {} : { source }) };
}

interface RowsProps {
  readonly query: BackfillsQuery;
  readonly onOpen: (id: string) => void;
  readonly onMore: () => void;
}

function Rows({ query, onOpen, onMore }: RowsProps) {
  const asked = useBackfills(query);
  const { data, error, refetch } = asked;
  if (data === undefined) {
    return error === null ? (
      <Loading what="the backfills" />
    ) : (
      <Failed what="the backfills" error={error} onRetry={() => void refetch()} />
    );
  }
  if (data.jobs.length === 0) {
    return query.state === undefined && query.source === undefined ? (
      <Empty title="No backfill was asked for yet.">
        <p>A backfill fetches the history of a series. Start one with the button above.</p>
      </Empty>
    ) : (
      <Empty title="No backfill is like that.">
        <p>Choose another state or source.</p>
      </Empty>
    );
  }
  const open = data.jobs.filter((job) => isOpen(job));
  const ended = data.jobs.filter((job) => !isOpen(job));
  return (
    <>
      <Stale asked={asked} />
      <ul class="jobs">
        {[...open, ...ended].map((job) => (
          <BackfillRow key={job.id} job={job} onOpen={onOpen} />
        ))}
      </ul>
      {data.next_cursor === null ? null : (
        <div class="jobs-more">
          {query.limit < PAGE_JOBS_MAX ? (
            <Button onClick={onMore}>Show older ones</Button>
          ) : (
            <p class="field-hint">
              These are the newest {formatNumber(PAGE_JOBS_MAX)}. A state or a source leads to older
              ones.
            </p>
          )}
        </div>
      )}
    </>
  );
}
