import { archiveKey } from "@candlehouse/shared/core/archive-key";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import type { Partition } from "@candlehouse/shared/core/partition";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import type { SeriesPartition } from "@candlehouse/shared/core/series-partition";
import { readPartitionState, type PartitionState } from "@candlehouse/shared/d1/archive-manifest";
import { log } from "@candlehouse/shared/log/log";
import { contentHashOf } from "@candlehouse/shared/r2/content-hash";
import { decodeUpload, splitFragment, type Fragment } from "@candlehouse/shared/r2/decode-fragment";
import { encodeCandleFile } from "@candlehouse/shared/r2/encode-candle-file";
import { FORMAT_VERSION } from "@candlehouse/shared/r2/file-schema";
import type { ArchiverContext } from "./context.ts";
import { headObject } from "./archive-object.ts";
import { keepFragment, type FragmentObject } from "./fragments-object.ts";
import { enqueueCompaction, registerFragment } from "./fragments-register.ts";
import { fileInUse } from "./partition-files.ts";

/** What became of the part of a file that one partition takes. Times are unix seconds. */
export interface StoredFragment {
  readonly key: string;
  readonly partition: Partition;
  readonly rows: number;
  readonly first: number;
  readonly last: number;
  /** `known` where the same candles wait to be merged already, or are just what the archive has. */
  readonly state: "registered" | "known";
}

/** The answer to a file that was handed in. */
export interface StoredFragments {
  /** `binance:BTC-USDT:1m` */
  readonly series: string;
  readonly rows: number;
  readonly fragments: readonly StoredFragment[];
  readonly message: string;
}

/**
 * Keeps a Parquet file that was handed in: one fragment a partition, each on R2 first, then in the
 * manifest, then in the queue that merges it. Whatever happens in between, the same file again
 * makes it good, and clean-up does where nobody sends it again. A file that was merged before is
 * merged again, which changes no candle: that it was merged does not prove that its candles are
 * there still.
 *
 * Throws FragmentUnreadableError where the file does not hold candles as it should; nothing is kept
 * then.
 */
export async function storeFragments(
  context: ArchiverContext,
  bytes: Uint8Array,
  named: Series | undefined,
): Promise<StoredFragments> {
  const startedMs = context.realNowMs();
  const fragment = decodeUpload(bytes, named, shownSeconds(context));
  const { series, candles } = fragment;
  const parts = [...splitFragment(fragment)];
  const stored: StoredFragment[] = [];
  const open: SeriesPartition[] = [];
  for (const [partition, some] of parts) {
    // A file of one partition stays as it is: what its author wrote is the evidence.
    const part = { ...fragment, candles: some };
    const whole = parts.length === 1 ? bytes : undefined;
    const { isOpen, ...result } = await storePart(context, { part, partition, whole });
    stored.push(result);
    if (isOpen) {
      open.push({ series, partition });
    }
  }
  await enqueueCompaction(context.compaction, open);
  const registered = stored.filter(({ state }) => state === "registered").length;
  log("fragments.stored", {
    series: formatSeries(series),
    bytes: bytes.byteLength,
    rows: candles.length,
    registered,
    known: stored.length - registered,
    durationMs: context.realNowMs() - startedMs,
  });
  return {
    series: formatSeries(series),
    rows: candles.length,
    fragments: stored,
    message: messageOf(formatSeries(series), candles.length, registered, stored.length),
  };
}

function messageOf(series: string, rows: number, registered: number, parts: number): string {
  if (registered === 0) {
    return `All ${rows} candles of ${series} were handed in before`;
  }
  const known = parts - registered;
  const fragments = registered === 1 ? "fragment" : "fragments";
  return `Registered ${registered} ${fragments} of ${series} for compaction${known === 0 ? "" : `; ${known} known before`}`;
}

interface FragmentPart {
  readonly part: Fragment;
  readonly partition: Partition;
  /** The file itself, where the whole of it is of this partition. */
  readonly whole: Uint8Array | undefined;
}

async function storePart(
  context: ArchiverContext,
  given: FragmentPart,
): Promise<StoredFragment & { readonly isOpen: boolean }> {
  const { part, partition, whole } = given;
  const { series, candles } = part;
  const contentHash = contentHashOf(series, candles);
  const key = archiveKey({ folder: "fragments", series, partition, name: contentHash });
  const [first = 0, last = 0] = [candles[0]?.timestamp, candles.at(-1)?.timestamp];
  const stored = { key, partition, rows: candles.length, first, last };
  const state = await readPartitionState(context.db, series, partition);
  if (isCurrent(state, contentHash)) {
    return { ...stored, state: "known", isOpen: false };
  }
  const object: FragmentObject =
    whole === undefined
      ? {
          key,
          bytes: encodeCandleFile(series, candles, state.head).bytes,
          fragment: { ...part, format: FORMAT_VERSION },
          contentHash,
          partition,
        }
      : { key, bytes: whole, fragment: part, contentHash, partition };
  const at = shownSeconds(context);
  const description = await keepFragment(context.bucket, object, at);
  const file = fileInUse({ series, partition }, key, "fragment", description, {
    createdAt: at,
    verifiedAt: at,
  });
  const isRegistered = await registerFragment(
    context.db,
    file,
    at,
    (now) =>
      isCurrent(now, contentHash) ||
      now.files.some(
        (one) => one.key === key && one.fileHash === file.fileHash && one.damage === null,
      ),
  );
  if (isRegistered && (await headObject(context.bucket, key)) === null) {
    // A clean-up that had claimed the key deleted the object before it was registered. From here on
    // the key is in use, so that none does it again.
    return { ...(await storePart(context, given)), state: "registered" };
  }
  return { ...stored, state: isRegistered ? "registered" : "known", isOpen: true };
}

/** Whether the partition's own file holds just these candles. */
function isCurrent({ files }: PartitionState, contentHash: string): boolean {
  return files.some(
    (file) => file.state === "current" && file.contentHash === contentHash && file.damage === null,
  );
}
