import { archivePage } from "./answers/archive.ts";
import { jobsPage, type Job } from "./answers/backfill.ts";
import { healthAnswer, sourcesAnswer, type SeriesEntry } from "./answers/series.ts";
import { doneOf } from "./backfill-bars.ts";
import { listDeadLetters } from "./list-dead-letters.ts";
import { isTroubled } from "./late-series.ts";
import { listGaps } from "./list-gaps.ts";
import { listSeries } from "./select-series.ts";
import type { Session } from "./session.ts";
import { formatDuration } from "./terminal/format.ts";

/** What is counted up to here and then called more. */
const COUNTED_MAX = 5_000;
const PAGE_FILES = 1_000;
const PAGE_JOBS = 100;

/** Everything at a glance; the field names are those of --json. */
export interface Status {
  readonly health: { readonly status: "ok" | "degraded"; readonly time: number };
  readonly sources: readonly {
    readonly source: string;
    /** Null where it was not asked yet. */
    readonly state: "ok" | "failing" | "off" | null;
    readonly reason: string | null;
  }[];
  readonly series: { readonly enabled: number; readonly late: readonly string[] };
  readonly jobs: readonly {
    readonly series: string;
    readonly state: string;
    /** Candles. */
    readonly done: number;
    readonly due: number;
  }[];
  readonly gaps: { readonly gaps: number; readonly candles: number; readonly has_more: boolean };
  readonly dead_letters: { readonly open: number };
  readonly archive: {
    readonly files: number;
    readonly candles: number;
    readonly bytes: number;
    readonly damaged: number;
  };
  /** Of the parts above, how many are not as they should be. */
  readonly problems: number;
}

/** Asks for all parts at once. */
export async function readStatus(session: Session): Promise<Status> {
  const { client } = session;
  const [health, { sources }, series, jobs, open, letters, archive] = await Promise.all([
    client.ask(healthAnswer, { path: "/health" }),
    client.ask(sourcesAnswer, { path: "/v1/sources" }),
    listSeries(client, { enabled: true }),
    readOpenJobs(session),
    listGaps(client, [{ state: "open", fillable: true }], COUNTED_MAX),
    listDeadLetters(client, { state: "open" }, COUNTED_MAX),
    readArchive(session),
  ]);
  const late = series.filter(isTroubled).map(lateness);
  const gaps = {
    gaps: open.gaps.length,
    candles: open.gaps.reduce((sum, { missing }) => sum + missing, 0),
    has_more: open.hasMore,
  };
  const wrong = [
    sources.some(({ state }) => state === "failing"),
    late.length > 0,
    gaps.gaps > 0,
    letters.letters.length > 0,
    archive.damaged > 0,
  ];
  return {
    health: { status: health.status, time: health.time },
    sources: sources.map(({ source, state, reason }) => ({ source, state, reason })),
    series: { enabled: series.length, late },
    jobs,
    gaps,
    dead_letters: { open: letters.letters.length },
    archive,
    problems: wrong.filter(Boolean).length,
  };
}

function lateness({ id, late_seconds, last_error }: SeriesEntry): string {
  const late =
    late_seconds === null || late_seconds === 0 ? "" : ` ${formatDuration(late_seconds)} late`;
  const error = last_error?.message ?? last_error?.code ?? "";
  return `${id}${late}${error === "" ? "" : `: ${error}`}`;
}

async function readOpenJobs({ client }: Session): Promise<Status["jobs"]> {
  const jobs: Job[] = [];
  for (const state of ["running", "queued", "paused"]) {
    const query = { state, limit: PAGE_JOBS };
    const page = await client.ask(jobsPage, { path: "/v1/backfills", query });
    jobs.push(...page.jobs);
  }
  return jobs.map((job) => ({
    series: job.series,
    state: job.state,
    done: doneOf(job),
    due: job.candles_due,
  }));
}

async function readArchive({ client }: Session): Promise<Status["archive"]> {
  const sums = { files: 0, candles: 0, bytes: 0, damaged: 0 };
  let cursor: string | undefined;
  do {
    const query = { limit: PAGE_FILES, cursor };
    const page = await client.ask(archivePage, { path: "/v1/archive", query });
    sums.files += page.files.length;
    for (const { rows, bytes, damage } of page.files) {
      sums.candles += rows;
      sums.bytes += bytes;
      sums.damaged += damage === null ? 0 : 1;
    }
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return sums;
}
