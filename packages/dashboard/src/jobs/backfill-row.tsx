import type { BackfillJob } from "@candlehouse/client";
import { now } from "../shell/clock.ts";
import { zoneName } from "../shell/settings.ts";
import { formatAgo } from "../ui/format.ts";
import { Progress } from "../ui/progress.tsx";
import { Tag } from "../ui/tag.tsx";
import { isOpen, lackText, paceOf, rangeText, ratioOf, STATES } from "./backfill-state.ts";
import { MoveButtons } from "./move-buttons.tsx";

interface BackfillRowProps {
  readonly job: BackfillJob;
  readonly onOpen: (id: string) => void;
}

/** A backfill in the list: what, how far, how fast, and what can be done with it. */
export function BackfillRow({ job, onOpen }: BackfillRowProps) {
  const { id, series, state, start, end } = job;
  const { word, tone } = STATES[state];
  return (
    <li class={`job job-${state}`}>
      <div class="job-what">
        <button type="button" class="job-name" onClick={() => onOpen(id)}>
          {series}
        </button>
        <span class="note">{rangeText(start, end, zoneName())}</span>
      </div>
      <div class="job-state">
        <Tag tone={tone}>{word}</Tag>
        <Age job={job} />
      </div>
      <div class="job-progress">
        <Progress label={`Progress of ${series}`} ratio={ratioOf(job)} tone={tone} />
        <span class="job-pace">{paceOf(job)}</span>
        <Note job={job} />
      </div>
      <div class="job-actions">
        <MoveButtons id={id} name={series} states={[state]} />
      </div>
    </li>
  );
}

function Age({ job }: { readonly job: BackfillJob }) {
  const { finished_at: finishedAt, created_at: createdAt } = job;
  return (
    <span class="note">
      {finishedAt === null
        ? `asked for ${formatAgo(createdAt, now.value)}`
        : `ended ${formatAgo(finishedAt, now.value)}`}
    </span>
  );
}

/** What went wrong last, or what became of it. */
function Note({ job }: { readonly job: BackfillJob }) {
  const { errors, message } = job;
  const last = errors.toSorted((a, b) => b.at - a.at)[0];
  if (isOpen(job)) {
    return last === undefined ? null : (
      <span class="note job-trouble">
        {last.count === 1 ? "Once" : `${last.count} times`}: {last.reason}
      </span>
    );
  }
  const lack = lackText(job);
  return (
    <>
      {message === null || job.state === "complete" ? null : <span class="note">{message}</span>}
      {lack === "" ? null : <span class="note">{lack}</span>}
    </>
  );
}
