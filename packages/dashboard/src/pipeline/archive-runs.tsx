import type { ArchiveRun, ArchiveRunStart } from "@candlehouse/client";
import { useQuery, useQueryClient } from "@tanstack/preact-query";
import { useEffect } from "preact/hooks";
import { answerIn } from "../api/api-result.ts";
import { client } from "../api/connection.ts";
import { formatDay, formatNumber } from "../ui/format.ts";
import { Progress } from "../ui/progress.tsx";
import { hasEnded, progressOf } from "./run-progress.ts";
import { countText } from "./stations.ts";

/** Runs that are watched: each is a request every two seconds until it ends. */
const WATCHED_MAX = 60;
const WATCH_MS = 2_000;

interface ArchiveRunsProps {
  readonly started: ArchiveRunStart;
  /** What is read anew when the runs have ended. */
  readonly changes: readonly string[];
}

/** What the archiver was told to do, and how it goes. */
export function ArchiveRuns({ started, changes }: ArchiveRunsProps) {
  const { runs: ids, running, hot_from: hotFrom } = started;
  if (ids.length === 0) {
    return (
      <p class="pipeline-outcome">
        Nothing is due: what opened before {formatDay(hotFrom, "UTC")} is in the archive already.
      </p>
    );
  }
  return (
    <div class="pipeline-outcome">
      <p>
        {countText(ids.length, "run")} for what opened before {formatDay(hotFrom, "UTC")}
        {running === 0 ? "." : `, ${formatNumber(running)} of them under way already.`}
      </p>
      <WatchedRuns ids={ids.slice(0, WATCHED_MAX)} changes={changes} />
      {ids.length > WATCHED_MAX ? (
        <p class="pipeline-quiet">The first {WATCHED_MAX} are watched here.</p>
      ) : null}
    </div>
  );
}

interface WatchedRunsProps {
  readonly ids: readonly string[];
  readonly changes: readonly string[];
}

function WatchedRuns({ ids, changes }: WatchedRunsProps) {
  const queries = useQueryClient();
  const queryKey = ["/v1/archive/runs/{id}", ids];
  const { data: runs = [], error } = useQuery({
    queryKey,
    queryFn: ({ signal }) => readRuns(ids, queries.getQueryData(queryKey) ?? [], signal),
    refetchInterval: ({ state }) =>
      state.data !== undefined && state.data.every(hasEnded) ? false : WATCH_MS,
  });
  const { ended, added, deleted, failed } = progressOf(runs);
  const areOver = ended === ids.length;
  useEffect(() => {
    if (areOver) {
      void Promise.all(changes.map((path) => queries.invalidateQueries({ queryKey: [path] })));
    }
  }, [areOver]);
  return (
    <>
      {areOver ? null : <Progress label="Runs of the archiver" ratio={ended / ids.length} />}
      <p>
        {areOver ? "All have ended" : `${formatNumber(ended)} of ${formatNumber(ids.length)} ended`}
        {`: ${countText(added, "candle")} archived, ${countText(deleted, "row")} deleted from D1.`}
      </p>
      {error === null ? null : (
        <p class="pipeline-late">How they go is not known: {error.message}</p>
      )}
      <ul>
        {failed.map((run) => (
          <li key={run.id}>
            <code class="pipeline-hash">{run.id}</code> failed: {run.error}. Its candles stay in D1,
            and the next run tries again.
          </li>
        ))}
      </ul>
    </>
  );
}

/** How each run goes; those of `before` that ended are not asked for again. */
function readRuns(
  ids: readonly string[],
  before: readonly ArchiveRun[],
  signal: AbortSignal,
): Promise<ArchiveRun[]> {
  const known = new Map(before.filter(hasEnded).map((run) => [run.id, run]));
  return Promise.all(ids.map(async (id) => known.get(id) ?? readRun(id, signal)));
}

async function readRun(id: string, signal: AbortSignal): Promise<ArchiveRun> {
  return answerIn(
    await client.api.GET("/v1/archive/runs/{id}", { params: { path: { id } }, signal }),
  );
}
