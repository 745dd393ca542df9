import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import {
  formatSeriesPartition,
  type SeriesPartition,
} from "@candlehouse/shared/core/series-partition";
import { countPartitions, listPartitions } from "@candlehouse/shared/d1/archive-inventory";
import { readChain } from "@candlehouse/shared/d1/archive-chain";
import { readPartitionState } from "@candlehouse/shared/d1/archive-manifest";
import { log } from "@candlehouse/shared/log/log";
import { readFooter } from "@candlehouse/shared/r2/read-candle-file";
import type { ArchiverContext } from "./context.ts";
import { findChainFault, findFollowFault, isArchiveFile } from "./verify-chain.ts";
import { inspectAndRecord } from "./verify-file.ts";

/** Which files to read again. */
export interface VerifyRequest {
  readonly series?: Series | undefined;
  readonly partition?: string | undefined;
  /** `next` of the answer before. */
  readonly after?: SeriesPartition | undefined;
}

/** What was found. */
export interface VerifyAnswer {
  readonly partitions: number;
  /** Files that were read again. */
  readonly files: number;
  readonly bytes: number;
  readonly damaged: readonly { readonly key: string; readonly damage: string }[];
  /** Partitions whose history does not hold together. */
  readonly chains: readonly {
    readonly series: string;
    readonly partition: string;
    readonly problem: string;
  }[];
  /** Where to go on; null at the end. */
  readonly next: string | null;
  /** Partitions that are still to come. */
  readonly left: number;
}

/** Partitions of one call: each takes five statements of D1, and one for each of its files. */
const PARTITIONS_MAX = 100;

/** Files after which a call ends: an invocation has 1,000 statements of D1. */
const FILES_MAX = 300;

/** Bytes after which a call ends: some two seconds of reading, hashing and decoding. */
const BYTES_MAX = 16 * 1_024 * 1_024;

/**
 * Reads the files of some partitions again, byte by byte and candle by candle, and checks that
 * their history holds together. What is wrong is noted in the manifest, and so is that it is not
 * any more. Throws StorageUnavailableError where D1 or R2 does not answer.
 */
export async function verifyArchive(
  context: ArchiverContext,
  request: VerifyRequest,
): Promise<VerifyAnswer> {
  const startedMs = context.realNowMs();
  const found = await listPartitions(context.db, request, PARTITIONS_MAX + 1);
  const damaged: { key: string; damage: string }[] = [];
  const chains: { series: string; partition: string; problem: string }[] = [];
  let [partitions, files, bytes] = [0, 0, 0];
  for (const of of found.slice(0, PARTITIONS_MAX)) {
    const state = await readPartitionState(context.db, of.series, of.partition);
    const chain = await readChain(context.db, of.series, of.partition);
    let problem = findChainFault(chain, state);
    for (const file of state.files) {
      const damage = await inspectAndRecord(context, file);
      if (damage !== undefined) {
        damaged.push({ key: file.key, damage });
      } else if (isArchiveFile(file)) {
        problem ??= findFollowFault(chain, file, await readFooter(context.bucket, file));
      }
      files += 1;
      bytes += file.bytes;
    }
    if (problem !== undefined) {
      chains.push({ series: formatSeries(of.series), partition: of.partition, problem });
    }
    partitions += 1;
    if (bytes >= BYTES_MAX || files >= FILES_MAX) {
      break;
    }
  }
  const last = found[partitions - 1];
  const isEnd = last === undefined || partitions === found.length;
  const next = isEnd ? null : formatSeriesPartition(last);
  const left = isEnd ? 0 : await countPartitions(context.db, { ...request, after: last });
  log("archive.verified", {
    partitions,
    files,
    bytes,
    damaged: damaged.length,
    chains: chains.length,
    durationMs: context.realNowMs() - startedMs,
  });
  return { partitions, files, bytes, damaged, chains, next, left };
}
