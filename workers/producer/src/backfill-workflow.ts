import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import type { LedgerTally } from "@candlehouse/shared/core/ledger";
import type { BackfillContext, BackfillParams } from "./backfill-context.ts";
import { takeTurn, type TurnResult } from "./backfill-turn.ts";
import { watchBackfills } from "./backfill-watch.ts";
import { countStep } from "./count-step.ts";

/** A step is tried for some five minutes: D1, R2 and the queue may be away for that long. */
const STEP_CONFIG = {
  retries: { limit: 5, delay: "10 seconds", backoff: "exponential" },
  timeout: "45 minutes",
} as const;

/**
 * Works on one backfill, step by step; where it takes more than an instance may make, another one
 * goes on within a minute. What a step did stands in D1, so that nothing depends on
 * what the engine remembers: an instance that is lost is replaced by another one.
 */
export class BackfillSeries extends WorkflowEntrypoint<Env, BackfillParams> {
  override async run(
    event: Readonly<WorkflowEvent<BackfillParams>>,
    step: WorkflowStep,
  ): Promise<{ readonly turns: number }> {
    const { payload, instanceId } = event;
    const { exports } = this.ctx;
    let turns = 0;
    for (let over = false; !over && turns < payload.turns;) {
      turns += 1;
      const turn = await step.do(`turn ${turns}`, STEP_CONFIG, () =>
        countStep(this.env, exports, (context, tally) =>
          countedTurn(context, payload.job, instanceId, tally),
        ),
      );
      ({ over } = turn);
      if (waits(turn)) {
        await step.sleep(`wait ${turns}`, Math.ceil(turn.waitMs));
      }
    }
    // The next job of the source need not wait for the minute to end.
    await step.do("start what waits", STEP_CONFIG, () =>
      countStep(this.env, exports, async (context, tally) => {
        // Of the whole instance, and once.
        tally.requests = 1;
        await watchBackfills(context);
      }),
    );
    return { turns };
  }
}

/** What the engine remembers of a turn. */
type Remembered = Pick<TurnResult, "over" | "waitMs">;

async function countedTurn(
  context: BackfillContext,
  job: string,
  instance: string,
  tally: LedgerTally,
): Promise<Remembered> {
  tally.runs = 1;
  const { over, waitMs, found } = await takeTurn(context, job, instance);
  tally.candles = found;
  // A wait is billed as a step.
  tally.steps += waits({ over, waitMs }) ? 1 : 0;
  return { over, waitMs };
}

function waits({ over, waitMs }: Remembered): boolean {
  return !over && waitMs > 0;
}
