import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import type { FileDescription } from "@candlehouse/shared/core/archive";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import {
  ArchiveDamagedError,
  CandlehouseError,
  StorageUnavailableError,
} from "@candlehouse/shared/core/errors";
import {
  addToTally,
  newTally,
  sumCounts,
  type LedgerCounts,
  type LedgerTally,
} from "@candlehouse/shared/core/ledger";
import { formatSeries } from "@candlehouse/shared/core/series";
import { recordWork } from "@candlehouse/shared/ledger/record-work";
import {
  deleteStep,
  swapStep,
  verifyStep,
  writeStep,
  type ArchiveOutcome,
  type ArchiveParams,
  type StepContext,
} from "./archive-steps.ts";
import { contextOf } from "./context.ts";
import { countStores } from "./count-work.ts";
import { reportDamage } from "./report-damage.ts";

export type { ArchiveParams } from "./archive-steps.ts";

/** Runs a step once: its result is remembered, and given again when the run is started again. */
export interface Steps {
  do<Result extends Rpc.Serializable<Result>>(
    name: string,
    step: () => Promise<Result>,
  ): Promise<Result>;
}

/**
 * How often a run starts again because the partition was changed under it, or because the file
 * that it wrote was not what it read back.
 */
const ROUNDS_MAX = 5;

/** A step is tried for about five minutes: D1 and R2 may be away for that long. */
const STEP_CONFIG = {
  retries: { limit: 5, delay: "10 seconds", backoff: "exponential" },
  timeout: "10 minutes",
} as const;

/** Archives the hot candles of one partition of one series. Any step may be run again. */
export class ArchivePartition extends WorkflowEntrypoint<Env, ArchiveParams> {
  override run(
    event: Readonly<WorkflowEvent<ArchiveParams>>,
    step: WorkflowStep,
  ): Promise<ArchiveOutcome> {
    return archivePartition(contextOf(this.env), event.payload, {
      do: (name, run) => step.do(name, STEP_CONFIG, run),
    });
  }
}

const NOTHING: ArchiveOutcome = {
  key: null,
  rows: 0,
  added: 0,
  same: 0,
  revised: 0,
  deleted: 0,
};

/**
 * The steps of a run: write, verify, swap, delete. A swap that another change forestalled starts
 * again from the new state. The step that ends the run tells the ledger of all of it. Throws where
 * trying again would not help, with the code of the reason.
 */
export async function archivePartition(
  context: StepContext,
  params: ArchiveParams,
  steps: Steps,
): Promise<ArchiveOutcome> {
  const run: Run = { context, params, steps, spent: newTally() };
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const isLast = round === ROUNDS_MAX;
    const outcome = await take(run, `write ${round}`, (counted) => writeStep(counted, params), {
      ends: (written) => written === null,
    });
    if (outcome === null) {
      return NOTHING;
    }
    const { written } = outcome;
    let file: FileDescription | null = null;
    if (written !== null) {
      ({ file } = await take(
        run,
        `verify ${round}`,
        (counted) => verifyStep(counted, params, written),
        { ends: (verified) => isLast && verified.file === null },
      ));
      if (file === null) {
        continue;
      }
    }
    const verified = file;
    const swapped = await take(
      run,
      `swap ${round}`,
      (counted) => swapStep(counted, params, outcome, verified),
      { ends: (isSwapped) => isLast && !isSwapped },
    );
    if (!swapped) {
      continue;
    }
    return take(run, `delete ${round}`, (counted) => deleteStep(counted, params, outcome), {
      ends: () => true,
      countsOf: ({ added, same, revised }) => ({
        candles: added + same + revised,
        inserted: added,
        ignored: same,
        revised,
      }),
    });
  }
  throw new StorageUnavailableError(
    `${formatSeries(params.series)} ${params.partition} could not be archived in ${ROUNDS_MAX} rounds: it was changed, or its file was not what was written, each time`,
  );
}

/** A run under way. */
interface Run {
  readonly context: StepContext;
  readonly params: ArchiveParams;
  readonly steps: Steps;
  /** What the steps before cost, from what the engine remembers of them. */
  readonly spent: LedgerTally;
}

/** What a step gave, or why it, and the run with it, can give nothing. */
type Outcome<Result> =
  | { readonly result: Result; readonly failure: null }
  | { readonly failure: string };

/** The same, and what it cost. */
type Counted<Result> = Outcome<Result> & { readonly spent: LedgerTally };

/** How a step is counted. */
interface Counting<Result> {
  /** Whether the run ends with this result of it. */
  readonly ends: (result: Result) => boolean;
  /** What the run did, where it ends. */
  readonly countsOf?: (result: Result) => LedgerCounts;
}

/**
 * The result of a step. A failure that ends the run is thrown outside of the step: the engine
 * would show another text than that of a NonRetryableError.
 */
async function take<Result>(
  run: Run,
  name: string,
  step: (counted: StepContext) => Promise<Result>,
  counting: Counting<Result>,
): Promise<Result> {
  const outcome = await run.steps.do(name, () => countStep(run, step, counting));
  addToTally(run.spent, outcome.spent);
  if (outcome.failure !== null) {
    throw new Error(outcome.failure);
  }
  return outcome.result;
}

/** Runs a step. One that ends the run tells the ledger: one row a run, when all of it is done. */
async function countStep<Result>(
  { context, params, spent: before }: Run,
  step: (counted: StepContext) => Promise<Result>,
  { ends, countsOf }: Counting<Result>,
): Promise<Counted<Result>> {
  const spent = newTally();
  spent.steps = 1;
  const startedMs = context.realNowMs();
  const outcome = await guard(countStores(context, spent), params, step);
  spent.duration_ms = context.realNowMs() - startedMs;
  if (outcome.failure !== null || ends(outcome.result)) {
    const did = outcome.failure === null ? (countsOf?.(outcome.result) ?? {}) : {};
    const counts = sumCounts([before, spent, did, { runs: 1, requests: 1 }]);
    await recordWork(context.db, "archive", counts, shownSeconds(context));
  }
  return { ...outcome, spent };
}

/** Runs a step; a damaged file is reported, and what would fail again is not tried again. */
async function guard<Result>(
  context: StepContext,
  { series, partition }: ArchiveParams,
  step: (context: StepContext) => Promise<Result>,
): Promise<Outcome<Result>> {
  try {
    return { result: await step(context), failure: null };
  } catch (error) {
    if (error instanceof ArchiveDamagedError) {
      await reportDamage(context, { series, partition, key: error.key }, error.damage);
    }
    if (error instanceof CandlehouseError && !error.retryable) {
      return { failure: `${error.code}: ${error.message}` };
    }
    throw error;
  }
}
