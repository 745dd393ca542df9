import { NotFoundError } from "@candlehouse/shared/core/errors";
import { listImports, readImport, type ImportReport } from "@candlehouse/shared/d1/import-jobs";
import { decodeCursor, encodeCursor, type Binding } from "@candlehouse/shared/http/cursor";
import { z } from "zod";
import type { ArchiverContext } from "./context.ts";
import { countWork } from "./count-work.ts";
import { importFile } from "./import-file.ts";
import { parseImportList, parseImportOrder, type ImportOrder } from "./import-order.ts";

const position = z.strictObject({ created_at: z.int(), id: z.string() });

/** Answers `POST /v1/imports`, and tells the ledger. */
export async function answerImport(
  context: ArchiverContext,
  request: Request,
): Promise<ImportReport> {
  let order: ImportOrder;
  try {
    order = parseImportOrder(new URL(request.url).searchParams);
  } catch (error) {
    // A connection that is closed on a sender who still sends takes the answer with it.
    await request.body?.pipeTo(new WritableStream());
    throw error;
  }
  return countWork(context, "import", async (counted, tally) => {
    tally.runs = 1;
    tally.requests = 1;
    const report = await importFile(counted, order, request);
    if (!report.known) {
      tally.candles = report.rows_read;
      tally.inserted = report.stored;
      tally.ignored = report.duplicate;
      tally.revised = report.revised;
    }
    return report;
  });
}

/** Answers `GET /v1/imports`: newest first. */
export async function answerImports(
  context: ArchiverContext,
  request: Request,
): Promise<{ readonly imports: readonly ImportReport[]; readonly next_cursor: string | null }> {
  const { sha256, limit, cursor } = parseImportList(new URL(request.url).searchParams);
  const binding: Binding = { imports: "newest first", sha256: sha256 ?? null };
  const after = cursor === undefined ? undefined : decodeCursor(cursor, binding, position);
  const { imports, next } = await listImports(context.db, sha256, after, limit);
  return { imports, next_cursor: next === null ? null : encodeCursor(binding, { ...next }) };
}

/** Answers `GET /v1/imports/{id}`. Throws NotFoundError. */
export async function answerImportOf(context: ArchiverContext, id: string): Promise<ImportReport> {
  const report = await readImport(context.db, id);
  if (report === undefined) {
    throw new NotFoundError(`there is no import ${id}`);
  }
  return report;
}
