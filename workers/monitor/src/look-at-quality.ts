import type { FoundAlert } from "@candlehouse/shared/core/alert";
import { noticeAlerts } from "@candlehouse/shared/core/alert-notice-rules";
import {
  completenessAlerts,
  sourceErrorAlerts,
  verificationAlerts,
  VERIFIED_SECONDS_MAX,
} from "@candlehouse/shared/core/alert-quality-rules";
import { readCompleteness } from "@candlehouse/shared/d1/monitor-figures";
import { openChannels } from "@candlehouse/shared/d1/notices";
import { askAll } from "@candlehouse/shared/d1/ask-databases";
import { read } from "@candlehouse/shared/d1/read-series";
import { moveFailureMarks, readFailures } from "@candlehouse/shared/d1/source-failures";
import type { MonitorContext } from "./context.ts";

/** Of which source too many fetches fail. */
export async function lookAtSourceErrors(
  db: D1Database,
  nowSeconds: number,
): Promise<FoundAlert[]> {
  const marks = await readFailures(db);
  await moveFailureMarks(db, nowSeconds);
  return sourceErrorAlerts(marks, nowSeconds);
}

/** Which notices do not arrive. */
export async function lookAtNotices(
  { db, notices: { channels, problem } }: MonitorContext,
  nowSeconds: number,
): Promise<FoundAlert[]> {
  const states = await openChannels(
    db,
    channels.map(({ name }) => name),
  );
  return noticeAlerts(states, problem, nowSeconds);
}

const COUNT_UNVERIFIED = `
SELECT count(*) AS files, min(coalesce(verified_at, created_at)) AS oldestAt
FROM archive_files
WHERE state = 'current' AND damage IS NULL AND coalesce(verified_at, created_at) < ?1`;

/** Which files were not read back for too long. Damaged ones have an alert of their own. */
export async function lookAtVerification(
  db: D1Database,
  nowSeconds: number,
): Promise<FoundAlert[]> {
  const before = [nowSeconds - VERIFIED_SECONDS_MAX];
  const { rows } = await askAll(db, (one) =>
    read<{ readonly files: number; readonly oldestAt: number | null }>(
      one,
      COUNT_UNVERIFIED,
      before,
    ),
  );
  const files = rows.reduce((sum, row) => sum + row.files, 0);
  const oldest = rows.flatMap(({ oldestAt }) => oldestAt ?? []);
  return verificationAlerts(files, oldest.length === 0 ? null : Math.min(...oldest));
}

/** What is missing of the last days, as it was measured last. */
export async function lookAtCompleteness(db: D1Database): Promise<FoundAlert[]> {
  return completenessAlerts(await readCompleteness(db));
}
