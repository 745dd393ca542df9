import {
  asksQuiet,
  asksSiblings,
  classifyPiece,
  DELISTED_ABSENT_SECONDS,
  type GapFacts,
} from "../core/classify-gap.ts";
import type { ClassifiedRun } from "../core/found-gaps.ts";
import { cutIntoPieces, type Piece } from "../core/gap-pieces.ts";
import type { Gap } from "../core/gap.ts";
import type { Run } from "../core/missing.ts";
import { planGaps } from "../core/reconcile-gaps.ts";
import { planScan, type ScanScope } from "../core/scan-ranges.ts";
import type { Series } from "../core/series.ts";
import { siblingWindows } from "../core/sibling-evidence.ts";
import { reachStartOf } from "../core/source-traits.ts";
import { readAsks } from "../d1/asked-ranges.ts";
import { applyGapPlan, readRefiled, readUnsettled } from "../d1/gaps.ts";
import { readSeriesFacts, type SeriesFacts } from "../d1/series-facts.ts";
import { usualQuiet } from "../core/usual-quiet.ts";
import { readHeldTimes, type CandleStores } from "./find-missing.ts";
import { missingIn, widen, type Missing } from "./scan-parts.ts";
import type { SiblingReader } from "./siblings.ts";

/**
 * A scan of the last days also looks at what the source was asked for, and what changed in the
 * archive, so long ago.
 */
const CHANGED_LATELY_SECONDS = 7 * 86_400;

export interface ScanRequest {
  readonly series: Series;
  readonly scope: ScanScope;
  readonly nowSeconds: number;
}

/** What a scan of a series found and wrote. */
export interface SeriesScan {
  /** All that is missing in what was looked at, as it stands in the records now. */
  readonly gaps: readonly Gap[];
  /** Gaps of which no record told before. */
  readonly detected: number;
  /** Records that are filled since they were looked at last, and the candles of them. */
  readonly filled: number;
  readonly candlesFilled: number;
}

/**
 * Finds what is missing of a series, says why, and brings the gap records up to date: one
 * transaction for each year of minutes that is looked at. Repeatable: a scan that finds nothing new
 * writes nothing. Throws ArchiveDamagedError, StorageUnavailableError.
 */
export async function scanSeries(
  stores: CandleStores,
  siblings: SiblingReader,
  { series, scope, nowSeconds }: ScanRequest,
): Promise<SeriesScan> {
  const facts = await readSeriesFacts(stores.db, series);
  const unsettled = scope.kind === "recent" ? await unsettledOf(stores.db, series, nowSeconds) : [];
  const known = { ...facts, unsettled };
  const scans: SeriesScan[] = [];
  const stretches = planScan(scope, known, series.timeframe, nowSeconds);
  for (const stretch of await widen(stores.db, series, stretches)) {
    for await (const missing of missingIn(stores, series, stretch)) {
      scans.push(await record(stores, siblings, { series, facts, nowSeconds }, missing));
    }
  }
  return {
    gaps: scans.flatMap(({ gaps }) => gaps),
    detected: sum(scans.map(({ detected }) => detected)),
    filled: sum(scans.map(({ filled }) => filled)),
    candlesFilled: sum(scans.map(({ candlesFilled }) => candlesFilled)),
  };
}

/** What a scan of the last days looks at beside them. */
async function unsettledOf(db: D1Database, series: Series, nowSeconds: number): Promise<Run[]> {
  const since = nowSeconds - CHANGED_LATELY_SECONDS;
  return [...(await readUnsettled(db, series, since)), ...(await readRefiled(db, series, since))];
}

interface Scanned {
  readonly series: Series;
  readonly facts: SeriesFacts;
  readonly nowSeconds: number;
}

async function record(
  stores: CandleStores,
  siblings: SiblingReader,
  scanned: Scanned,
  { range, runs, records }: Missing,
): Promise<SeriesScan> {
  const { series, nowSeconds } = scanned;
  const classified = await classify(stores, siblings, scanned, { range, runs });
  const plan = planGaps({ series, range, records, runs: classified, nowSeconds });
  await applyGapPlan(stores.db, series, plan);
  return plan;
}

async function classify(
  stores: CandleStores,
  siblings: SiblingReader,
  { series, facts, nowSeconds }: Scanned,
  { range, runs }: Pick<Missing, "range" | "runs">,
): Promise<ClassifiedRun[]> {
  if (runs.length === 0) {
    return [];
  }
  const { source, timeframe } = series;
  const { market, firstHeld, lastHeld } = facts;
  const reachStart = reachStartOf(source, timeframe, nowSeconds);
  const asks = await readAsks(stores.db, series, range);
  const pieces = cutIntoPieces(runs, { timeframe, asks, market, reachStart });
  const asking = pieces.filter((piece) => asksSiblings(piece, { source, firstHeld }));
  const evidence = await siblings.read(series, asking);
  const evidenceOf = new Map(asking.map((piece, place) => [piece, evidence[place] ?? null]));
  const classified: ClassifiedRun[] = [];
  for (const piece of pieces) {
    const all: GapFacts = {
      source,
      market,
      firstHeld,
      lastHeld,
      reachStart,
      siblings: evidenceOf.get(piece) ?? null,
      quietSeconds: asksQuiet(piece, { source, firstHeld })
        ? await quietBefore(stores, series, piece)
        : null,
    };
    const { start, end } = piece;
    classified.push({ start, end, verdict: classifyPiece(piece, all) });
  }
  return classified;
}

/** How long the market is usually without a candle, by the days before `piece`; null where none is held. */
async function quietBefore(
  stores: CandleStores,
  series: Series,
  piece: Piece,
): Promise<number | null> {
  const { before } = siblingWindows(piece, series.timeframe);
  const from = Math.min(before.start, piece.start - DELISTED_ABSENT_SECONDS);
  const held = await readHeldTimes(stores, series, { from, to: piece.start });
  return usualQuiet(held, from, piece.start);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
