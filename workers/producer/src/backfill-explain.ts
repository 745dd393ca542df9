import { shownSeconds } from "@candlehouse/shared/core/clock";
import { ArchiveDamagedError } from "@candlehouse/shared/core/errors";
import type { BackfillJob } from "@candlehouse/shared/core/backfill-job";
import { scanSeries } from "@candlehouse/shared/coverage/scan-series";
import { SiblingReader } from "@candlehouse/shared/coverage/siblings";
import type { BackfillContext } from "./backfill-context.ts";
import type { Turn } from "./backfill-turn.ts";
import type { SeriesJob } from "./backfill-window-turn.ts";

/**
 * Brings the gap records of one series of the job up to date: what is missing now has a class and
 * its evidence before the job says that it has ended.
 */
export async function explainTurn(
  context: BackfillContext,
  { progress, request }: BackfillJob,
  all: readonly SeriesJob[],
): Promise<Turn> {
  const of = all[progress.explained];
  if (of !== undefined) {
    const stores = { db: context.db, bucket: context.bucket };
    await scanSeries(stores, new SiblingReader(stores), {
      series: of.series,
      scope: { kind: "range", start: request.start, end: request.end },
      nowSeconds: shownSeconds(context),
    }).catch((error: unknown) => {
      // The window that met it has recorded it: what a damaged file lacks cannot be known.
      if (!(error instanceof ArchiveDamagedError)) {
        throw error;
      }
    });
  }
  return { progress: { ...progress, explained: progress.explained + 1 }, waitMs: 0 };
}
