import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import type { FileDescription } from "@candlehouse/shared/core/archive";
import {
  ArchiveDamagedError,
  CandlehouseError,
  StorageUnavailableError,
} from "@candlehouse/shared/core/errors";
import { formatSeries } from "@candlehouse/shared/core/series";
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
 * again from the new state. Throws where trying again would not help, with the code of the reason.
 */
export async function archivePartition(
  context: StepContext,
  params: ArchiveParams,
  steps: Steps,
): Promise<ArchiveOutcome> {
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const outcome = await take(steps, `write ${round}`, () =>
      guard(context, params, () => writeStep(context, params)),
    );
    if (outcome === null) {
      return NOTHING;
    }
    const { written } = outcome;
    let file: FileDescription | null = null;
    if (written !== null) {
      ({ file } = await take(steps, `verify ${round}`, () =>
        guard(context, params, () => verifyStep(context, params, written)),
      ));
      if (file === null) {
        continue;
      }
    }
    const verified = file;
    const swapped = await take(steps, `swap ${round}`, () =>
      guard(context, params, () => swapStep(context, params, outcome, verified)),
    );
    if (!swapped) {
      continue;
    }
    return take(steps, `delete ${round}`, () =>
      guard(context, params, () => deleteStep(context, params, outcome)),
    );
  }
  throw new StorageUnavailableError(
    `${formatSeries(params.series)} ${params.partition} could not be archived in ${ROUNDS_MAX} rounds: it was changed, or its file was not what was written, each time`,
  );
}

/** What a step gave, or why it, and the run with it, can give nothing. */
type Guarded<Result> =
  | { readonly result: Result; readonly failure: null }
  | { readonly failure: string };

/** Runs a step; a damaged file is reported, and what would fail again is not tried again. */
async function guard<Result>(
  context: StepContext,
  { series, partition }: ArchiveParams,
  step: () => Promise<Result>,
): Promise<Guarded<Result>> {
  try {
    return { result: await step(), failure: null };
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

/**
 * The result of a step. A failure that ends the run is thrown outside of the step: the engine
 * would show another text than that of a NonRetryableError.
 */
async function take<Result>(
  steps: Steps,
  name: string,
  step: () => Promise<Guarded<Result>>,
): Promise<Result> {
  const guarded = await steps.do(name, step);
  if (guarded.failure !== null) {
    throw new Error(guarded.failure);
  }
  return guarded.result;
}
