import type { Client } from "../client.ts";
import { sentenceOf } from "../command-error.ts";
import type { Progress } from "../terminal/progress.ts";
import { formatBytes, formatShort } from "../terminal/format.ts";
import type { Marks } from "./marks.ts";
import type { PlannedFile } from "./plan-import.ts";
import { refused, type FileResult } from "./file-result.ts";
import { sendFile, type OnSent, type ReadWishes } from "./send-file.ts";
import { moveFinished } from "./settle-file.ts";

/** Files that are on their way at once: one is read there while another is sent. */
const FILES_AT_A_TIME = 3;

/**
 * Larger files go one at a time, whatever goes beside them: a Worker that reads several at once has
 * 128 MB for all. Parquet takes more room than it has bytes.
 */
const LARGE_BYTES = { parquet: 3_000_000, csv: 10_000_000 } as const;

export interface ImportSettings extends ReadWishes {
  /** Whether finished files stay where they are and are marked, in place of being moved. */
  readonly keep: boolean;
  readonly stopOnError: boolean;
}

/**
 * Imports `files` and returns what came of each, in their order; those that a stop left out are
 * missing. Throws what makes it pointless to go on, such as a wrong key.
 */
export async function runImport(
  client: Client,
  files: readonly PlannedFile[],
  settings: ImportSettings,
  marks: Marks,
  progress: Progress,
): Promise<FileResult[]> {
  const results = new Map<string, FileResult>();
  const waiting = [...files];
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const sent = { bytes: 0, rows: 0 };
  let isStopped = false;
  const report: OnSent = ({ bytes = 0, rows = 0 }) => {
    sent.bytes += bytes;
    sent.rows += rows;
    progress.report({
      label: `${results.size} of ${files.length} files`,
      done: Math.min(sent.bytes, total),
      total,
      things: `sent, ${formatShort(sent.rows)} rows`,
      format: formatBytes,
    });
  };
  const large = new Set<PlannedFile>();
  /** Takes out the first file that may be sent now. Who sends a large one takes the next of them. */
  const next = (): PlannedFile | undefined => {
    const place = waiting.findIndex((file) => large.size === 0 || !isLarge(file));
    const [file] = place < 0 ? [] : waiting.splice(place, 1);
    if (file !== undefined && isLarge(file)) {
      large.add(file);
    }
    return file;
  };
  const workOff = async (): Promise<void> => {
    for (let file = next(); file !== undefined; file = next()) {
      const result = await importFile(client, file, settings, marks, report);
      large.delete(file);
      results.set(file.path, result);
      report({});
      if (settings.stopOnError && isBad(result)) {
        isStopped = true;
      }
      if (isStopped) {
        waiting.length = 0;
      }
    }
  };
  const ticking = setInterval(() => report({}), TICK_MS);
  try {
    // One that throws leaves nothing to the others: what they have begun they end.
    const workers = Array.from({ length: FILES_AT_A_TIME }, () =>
      workOff().catch((error: unknown) => {
        waiting.length = 0;
        throw error;
      }),
    );
    const ended = await Promise.allSettled(workers);
    for (const one of ended) {
      if (one.status === "rejected") {
        throw one.reason;
      }
    }
  } finally {
    clearInterval(ticking);
  }
  return files.flatMap(({ path }) => results.get(path) ?? []);
}

function isLarge({ bytes, format }: PlannedFile): boolean {
  return bytes > LARGE_BYTES[format === "parquet" ? "parquet" : "csv"];
}

/** So that a large file that is being read there shows that time goes by. */
const TICK_MS = 500;

/** Whether a file, or rows of it, were not taken. */
export function isBad({ state, rejected }: FileResult): boolean {
  return state === "rejected" || state === "failed" || rejected > 0;
}

async function importFile(
  client: Client,
  file: PlannedFile,
  settings: ImportSettings,
  marks: Marks,
  onSent: OnSent,
): Promise<FileResult> {
  const result =
    file.action === "empty"
      ? refused(file, "empty", null)
      : await sendFile(client, file, settings, onSent);
  if (result.state === "rejected" || result.state === "failed") {
    return result;
  }
  try {
    await (settings.keep ? marks.add(file, result.series, result.rows_read) : moveFinished(file));
    return result;
  } catch (error) {
    // The candles are stored: sending them again changes nothing.
    const reason = `imported, but ${settings.keep ? "not marked" : "not moved"}: ${sentenceOf(error)}`;
    return { ...result, state: "failed", reason };
  }
}
