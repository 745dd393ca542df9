import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import { backfillContext, type BackfillParams } from "./backfill-context.ts";
import { takeTurn } from "./backfill-turn.ts";
import { watchBackfills } from "./backfill-watch.ts";

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
    const context = backfillContext(this.env, this.ctx.exports);
    let turns = 0;
    for (let over = false; !over && turns < payload.turns;) {
      turns += 1;
      const turn = await step.do(`turn ${turns}`, STEP_CONFIG, async () => ({
        ...(await takeTurn(context, payload.job, instanceId)),
      }));
      ({ over } = turn);
      if (!over && turn.waitMs > 0) {
        await step.sleep(`wait ${turns}`, Math.ceil(turn.waitMs));
      }
    }
    // The next job of the source need not wait for the minute to end.
    await step.do("start what waits", STEP_CONFIG, async () => {
      await watchBackfills(context);
    });
    return { turns };
  }
}
