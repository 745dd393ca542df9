import type { BackfillJob } from "@candlehouse/client";
import { Link } from "wouter-preact";
import { GAP_WORDS } from "../chart/overlays/gap-words.ts";
import { now } from "../shell/clock.ts";
import { zoneName } from "../shell/settings.ts";
import { Dialog } from "../ui/dialog.tsx";
import { formatAgo, formatDuration, formatNumber, formatTime } from "../ui/format.ts";
import { Progress } from "../ui/progress.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { Tag } from "../ui/tag.tsx";
import { paceOf, ratioOf, STATES } from "./backfill-state.ts";
import { MoveButtons } from "./move-buttons.tsx";
import { useBackfill } from "./use-backfills.ts";

interface BackfillDetailProps {
  /** Of a backfill, or of the request that started several. */
  readonly id: string;
  readonly onOpen: (id: string) => void;
  readonly onClose: () => void;
}

/** All that is known of a backfill, or of all that one request started; live. */
export function BackfillDetail({ id, onOpen, onClose }: BackfillDetailProps) {
  const { data, error, refetch } = useBackfill(id);
  if (data === undefined) {
    return (
      <Dialog title="Backfill" onClose={onClose}>
        {error === null ? (
          <Loading what="the backfill" />
        ) : (
          <Failed what="the backfill" error={error} onRetry={() => void refetch()} />
        )}
      </Dialog>
    );
  }
  const [only, ...others] = data.jobs;
  const isOne = only !== undefined && others.length === 0;
  return (
    <Dialog
      title={isOne ? only.series : `${data.jobs.length} backfills of one request`}
      onClose={onClose}
    >
      <div class="job-detail">
        <p class="job-detail-state">
          <Tag tone={STATES[data.state].tone}>{STATES[data.state].word}</Tag>
          <span>{STATES[data.state].meaning}</span>
        </p>
        {isOne ? <One job={only} /> : <Many jobs={data.jobs} onOpen={onOpen} />}
        <p>{data.message}</p>
        <div class="form-actions">
          {isOne && only.batch !== id ? (
            <button type="button" class="job-name job-together" onClick={() => onOpen(only.batch)}>
              All that was asked for with it
            </button>
          ) : null}
          <MoveButtons
            id={id}
            name={isOne ? only.series : "all of them"}
            states={data.jobs.map(({ state }) => state)}
          />
        </div>
      </div>
    </Dialog>
  );
}

function One({ job }: { readonly job: BackfillJob }) {
  const { series } = job;
  const zone = zoneName();
  return (
    <>
      <div class="job-progress">
        <Progress
          label={`Progress of ${series}`}
          ratio={ratioOf(job)}
          tone={STATES[job.state].tone}
        />
        <span class="job-pace">{paceOf(job)}</span>
      </div>
      <Facts
        facts={[
          ["Range", `${formatTime(job.start, zone)} to ${formatTime(job.end, zone)}`],
          ["Given by the source", `${formatNumber(job.candles_found)} candles`],
          ["Stored", `${formatNumber(job.candles_stored)} candles`],
          ["Not at the source", `${formatNumber(job.candles_absent)} candles`],
          ["Windows", `${formatNumber(job.windows_done)} of ${formatNumber(job.windows_due)}`],
          ["Requests", formatNumber(job.requests)],
          ["Asked for", formatTime(job.created_at, zone)],
          ["Took", tookOf(job)],
        ]}
      />
      <Gaps job={job} />
      <Errors job={job} />
      <p class="job-links">
        <Link href={`/?series=${encodeURIComponent(series)}`}>See its chart</Link>
        <Link href={`/coverage?series=${encodeURIComponent(series)}`}>See what is missing</Link>
      </p>
    </>
  );
}

function tookOf({ started_at: startedAt, finished_at: finishedAt }: BackfillJob): string {
  if (startedAt === null) {
    return "not begun";
  }
  return finishedAt === null
    ? `${formatDuration(Math.max(0, now.value - startedAt))} so far`
    : formatDuration(finishedAt - startedAt);
}

function Facts({ facts }: { readonly facts: readonly (readonly [string, string])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name} class={name === "Range" ? "facts-wide" : ""}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Gaps({ job: { gaps } }: { readonly job: BackfillJob }) {
  return gaps.length === 0 ? null : (
    <section>
      <h3>What is missing, and why</h3>
      <ul class="job-reasons">
        {gaps.map(({ class: name, candles }) => (
          <li key={name}>
            <Tag>{GAP_WORDS[name].name}</Tag> {count(candles)}. {GAP_WORDS[name].meaning}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Errors({ job: { errors } }: { readonly job: BackfillJob }) {
  return errors.length === 0 ? null : (
    <section>
      <h3>What went wrong</h3>
      <ul class="job-reasons">
        {errors.map(({ at, code, reason, count: times }) => (
          <li key={code}>
            <Tag tone="warning">{code}</Tag> {times === 1 ? "once" : `${times} times`}, last{" "}
            {formatAgo(at, now.value)}: {reason}
          </li>
        ))}
      </ul>
    </section>
  );
}

function count(candles: number): string {
  return candles === 1 ? "1 candle" : `${formatNumber(candles)} candles`;
}

interface ManyProps {
  readonly jobs: readonly BackfillJob[];
  readonly onOpen: (id: string) => void;
}

function Many({ jobs, onOpen }: ManyProps) {
  return (
    <ul class="job-batch">
      {jobs.map((job) => (
        <li key={job.id}>
          <button type="button" class="job-name" onClick={() => onOpen(job.id)}>
            {job.series}
          </button>
          <Tag tone={STATES[job.state].tone}>{STATES[job.state].word}</Tag>
          <Progress
            label={`Progress of ${job.series}`}
            ratio={ratioOf(job)}
            tone={STATES[job.state].tone}
          />
        </li>
      ))}
    </ul>
  );
}
