import { parseChecksumFile } from "@candlehouse/shared/import/checksum-file";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { importReport, importsPage, type ImportReport } from "../answers/import.ts";
import { RefusedError, type Client } from "../client.ts";
import { CommandError, sentenceOf } from "../command-error.ts";
import { cutFile, type FilePart } from "./cut-file.ts";
import { refused, sumOf, type FileResult } from "./file-result.ts";
import type { PlannedFile } from "./plan-import.ts";

/** How the columns of a file are to be read, as the system takes it. */
export interface ReadWishes {
  readonly columns?: string;
  readonly timeUnit?: string;
  /** Whether what was imported before is read again. */
  readonly again: boolean;
}

const IMPORTS = "/v1/imports";

/** Refusals that are of us or of the system, not of the file: nothing else would go better. */
const HOPELESS_STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 405]);

/** What happens on the way: more bytes were sent, or more rows were read there. */
export type OnSent = (more: { readonly bytes?: number; readonly rows?: number }) => void;

/**
 * Sends a file, part by part, and tells `onSent` of each piece on its way. What the system has
 * already is not sent. Throws where nothing answers, or the key is wrong.
 */
export async function sendFile(
  client: Client,
  file: PlannedFile,
  wishes: ReadWishes,
  onSent: OnSent,
): Promise<FileResult> {
  const mayCut = file.format !== "parquet" && /\.csv$/i.test(file.path);
  const reports: ImportReport[] = [];
  let isKnown = true;
  let at: FilePart | undefined;
  try {
    const checksum = await readChecksum(file);
    for await (const part of cutFile(file.path, file.bytes, mayCut)) {
      at = part;
      if (part.parts === 1 && checksum !== undefined && checksum !== part.sha256) {
        return refused(
          file,
          "rejected",
          `its bytes are not those of its CHECKSUM file: download it again`,
        );
      }
      const known = await findKnown(client, file, part, wishes);
      onSent({ bytes: known === undefined ? 0 : part.to - part.from });
      const follows = reports.at(-1)?.last_timestamp ?? undefined;
      const report = known ?? (await sendPart(client, file, { ...part, follows }, wishes, onSent));
      isKnown &&= known !== undefined || report.known;
      reports.push(report);
      onSent({ rows: report.rows_read });
    }
  } catch (error) {
    return { ...sumOf(file, reports, isKnown), ...failureOf(error, at) };
  }
  return sumOf(file, reports, isKnown);
}

/**
 * How a file ended that was not taken to its end. What is of the system, or of the key, is thrown:
 * nothing else would go better.
 */
function failureOf(
  error: unknown,
  part: FilePart | undefined,
): Pick<FileResult, "state" | "reason"> {
  const where = part === undefined || part.parts === 1 ? "" : `part ${part.number}/${part.parts}: `;
  if (error instanceof RefusedError && !HOPELESS_STATUSES.has(error.status)) {
    const state = error.status === 422 || error.status === 400 ? "rejected" : "failed";
    return { state, reason: `${where}${error.message.replace(/^\S+ failed: /, "")}` };
  }
  if (error instanceof CommandError) {
    throw error;
  }
  // The file itself cannot be read; the others may.
  return { state: "failed", reason: `${where}${sentenceOf(error)}` };
}

async function readChecksum({ path, checksumPath }: PlannedFile): Promise<string | undefined> {
  if (checksumPath === undefined) {
    return undefined;
  }
  const checksum = parseChecksumFile(await readFile(checksumPath, "utf8"));
  return checksum?.name === basename(path) ? checksum.sha256 : undefined;
}

/**
 * The report of an earlier import of the same bytes, read in the same way into the same series. Where
 * a candle of it had not closed yet, the bytes are sent again.
 */
async function findKnown(
  client: Client,
  { series, format }: PlannedFile,
  { sha256 }: FilePart,
  { again, columns, timeUnit = "auto" }: ReadWishes,
): Promise<ImportReport | undefined> {
  if (again) {
    return undefined;
  }
  const { imports } = await client.ask(importsPage, { path: IMPORTS, query: { sha256 } });
  return imports.find(
    (report) =>
      report.state === "complete" &&
      report.rejected_open === 0 &&
      report.format === format &&
      report.columns === (columns ?? null) &&
      report.time_unit === timeUnit &&
      (series === undefined || report.series === series),
  );
}

function sendPart(
  client: Client,
  { path, format, source, symbol, timeframe }: PlannedFile,
  part: FilePart & { readonly follows: number | undefined },
  { again, columns, timeUnit }: ReadWishes,
  onSent: OnSent,
): Promise<ImportReport> {
  const header = Buffer.from(part.header);
  return client.upload(importReport, {
    path: IMPORTS,
    query: {
      name: basename(path),
      format,
      source,
      symbol,
      timeframe,
      columns,
      time_unit: timeUnit,
      checksum: part.sha256,
      again: again ? true : undefined,
      ...(part.parts === 1
        ? {}
        : {
            part: `${part.number}/${part.parts}`,
            first_line: part.firstLine,
            follows: part.follows,
          }),
    },
    bytes: header.length + part.to - part.from,
    open: () => openPart(path, part, header, onSent),
  });
}

function openPart(
  path: string,
  { from, to }: FilePart,
  header: Uint8Array,
  onSent: OnSent,
): ReadableStream<Uint8Array> {
  async function* body(): AsyncGenerator<Uint8Array, void> {
    if (header.length > 0) {
      yield header;
    }
    const pieces: AsyncIterable<Buffer> = createReadStream(path, { start: from, end: to - 1 });
    for await (const piece of pieces) {
      yield piece;
      onSent({ bytes: piece.length });
    }
  }
  return ReadableStream.from(body());
}
