import { shownSeconds } from "@candlehouse/shared/core/clock";
import { ImportRejectedError } from "@candlehouse/shared/core/errors";
import {
  importId,
  readImport,
  saveImport,
  type ImportReport,
} from "@candlehouse/shared/d1/import-jobs";
import { readHotBounds } from "@candlehouse/shared/d1/read-hot-bounds";
import { sha256Hex } from "@candlehouse/shared/hash/sha256";
import type { ArchiverContext } from "./context.ts";
import { enqueueCompaction } from "./fragments-register.ts";
import { takeBody, type ImportBody } from "./import-body.ts";
import { recordEvidence } from "./import-evidence.ts";
import type { ImportOrder } from "./import-order.ts";
import { completeReport, knownReport, logReport, rejectedReport } from "./import-report.ts";
import { readRows, type FoundRows } from "./import-rows.ts";
import { ImportRun } from "./import-run.ts";
import { openFile } from "./import-unzip.ts";

/** Digits of the hash of how a file is read: beside the hash of the file they name an import. */
const READING_DIGITS = 8;

/**
 * Imports the file in the body of `request`: what of it is not held goes into fragments of the
 * archive, or through the queue where it is of the hot window. The file is taken to its end, and its
 * hash and a ZIP archive's checksum are compared, before the first row of it is stored. Repeatable:
 * the same file again stores what a crash left out.
 *
 * Throws ImportRejectedError where the file cannot be taken at all, once that is recorded.
 */
export async function importFile(
  context: ArchiverContext,
  order: ImportOrder,
  request: Request,
): Promise<ImportReport> {
  const startedMs = context.realNowMs();
  const startedAt = shownSeconds(context);
  const body = await takeBody(context.bucket, request);
  try {
    const id = importId(body.sha256, readingOf(order, body));
    const before = order.again ? undefined : await readImport(context.db, id);
    // Rows that were rejected since their candles were open may be taken by now.
    if (before?.state === "complete" && before.rejected_open === 0) {
      return knownReport(before, order, context.realNowMs() - startedMs);
    }
    const finish = async (report: Omit<ImportReport, "durationMs">, fragments: number) => {
      const finished = { ...report, durationMs: context.realNowMs() - startedMs };
      await saveImport(context.db, finished, { startedAt, finishedAt: shownSeconds(context) });
      logReport(finished, fragments);
      return finished;
    };
    const about = {
      id,
      name: order.name,
      columns: order.columnsText,
      time_unit: order.unit,
      sha256: body.sha256,
      bytes: body.bytes,
      known: false,
    };
    let run: ImportRun | undefined;
    let found: FoundRows | undefined;
    try {
      expectChecksum(order, body);
      found = await readRows(context, order, await openFile(body));
      const { series } = found;
      run = new ImportRun(context, id, series, await readHotBounds(context.db, series));
      const range = await found.store(run);
      await enqueueOpen(run);
      const { name, follows } = order;
      await recordEvidence(run, { name, format: found.format, follows, ...range });
      const report = completeReport({ ...about, format: found.format }, run, range);
      return await finish(report, run.tally.fragments);
    } catch (error) {
      if (error instanceof ImportRejectedError) {
        await enqueueOpen(run);
        await finish(
          rejectedReport({ ...about, format: found?.format ?? order.format }, order, run, error),
          0,
        );
      }
      throw error;
    }
  } finally {
    await body.discard();
  }
}

/** Asks for what was imported to be merged, and for what an import before it left behind. */
async function enqueueOpen(run: ImportRun | undefined): Promise<void> {
  if (run !== undefined) {
    const { context, series, open } = run;
    await enqueueCompaction(
      context.compaction,
      [...open].map((partition) => ({ series, partition })),
    );
  }
}

/** How a file is read, as the ids of imports have it: with a wrong checksum, it is another import. */
function readingOf({ reading, checksum }: ImportOrder, { sha256 }: ImportBody): string {
  const isWrong = checksum !== undefined && checksum !== sha256;
  return sha256Hex(isWrong ? `${reading} ${checksum}` : reading).slice(0, READING_DIGITS);
}

function expectChecksum({ checksum }: ImportOrder, { sha256 }: ImportBody): void {
  if (checksum !== undefined && checksum !== sha256) {
    throw new ImportRejectedError(
      `the file's SHA-256 is ${sha256}, while its checksum says ${checksum}: it was cut or changed on its way`,
    );
  }
}
