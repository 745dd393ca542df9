import { env } from "cloudflare:workers";
import { openTimeOf } from "@candlehouse/shared/core/timeframe";
import type { FaultRecord } from "./fault-record.ts";
import { BrokenGuaranteeError } from "./guarantees.ts";
import type { World } from "./world.ts";

const HOUR_MS = 3_600_000;
/** A system that is not at rest by then never will be. */
const ROUNDS_MAX = 20;
/** Calls that one happening may set off. */
const STEPS_MAX = 3_000;

/**
 * Ends the faults and lets everything come to rest: the market closes, what is due is collected,
 * messages are delivered, dead letters replayed, backfills and archive runs go on to their end.
 * Then days pass, so that all is archived and what was replaced is cleaned up.
 */
export async function drain(world: World, record: FaultRecord): Promise<void> {
  const { conductor, market } = world;
  conductor.isCalm = true;
  await conductor.finish();
  market.end = openTimeOf(world.nowSeconds, "1h");
  await collectAll(world, record);
  conductor.nowMs += 72 * HOUR_MS;
  await archiveAll(world, record);
}

/** Everything once more, after a drain. */
export async function drainAgain(world: World, record: FaultRecord): Promise<void> {
  await until(world, world.tick());
  await until(world, world.replay());
  await archiveAll(world, record);
}

async function collectAll(world: World, record: FaultRecord): Promise<void> {
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    // Longer than any silence of a host, and any pause after a failure.
    world.conductor.nowMs += 2 * HOUR_MS;
    const before = world.acceptedValues;
    await until(world, world.tick());
    if ((await countLeft("letters")) > 0) {
      await until(world, world.replay());
    }
    // A restated candle is sent again for as long as it is one of the newest: that is no news.
    if (before === world.acceptedValues && (await countLeft("all")) === 0) {
      record.count("rounds to rest", round);
      return;
    }
  }
  throw new BrokenGuaranteeError(
    `not at rest after ${ROUNDS_MAX} rounds without a fault: ${await describeLeft()}`,
  );
}

/** Archives what has aged, and lets days pass until what it replaced is gone. */
async function archiveAll(world: World, record: FaultRecord): Promise<void> {
  await until(world, world.order("archiver order", "/v1/archive/run"));
  for (let day = 1; day <= ROUNDS_MAX; day += 1) {
    world.conductor.nowMs += 25 * HOUR_MS;
    await until(world, world.daily());
    if (day > 1 && (await countLeft("files")) === 0) {
      record.count("days to clean up", day);
      return;
    }
  }
  throw new BrokenGuaranteeError(`not cleaned up after ${ROUNDS_MAX} days without a fault`);
}

/**
 * Lets `happening` end, and all that it set off: messages are delivered, Workflows go on. After
 * `stormy` calls the faults pause until it has ended.
 */
export async function until(world: World, happening: Promise<unknown>, stormy = 0): Promise<void> {
  const { isCalm } = world.conductor;
  const { conductor, archive, backfill, candles, candlesDead, compaction, compactionDead } = world;
  const queues = [candles, candlesDead, compaction, compactionDead];
  const begun = [happening];
  const delivering = new Set<unknown>();
  for (let steps = 0; ; steps += 1) {
    const queue = queues.find((one) => !one.isEmpty && !delivering.has(one));
    const [run] = archive.waiting;
    const [fill] = backfill.waiting;
    if (queue !== undefined) {
      delivering.add(queue);
      begun.push(world.deliver(queue, 100, 0).finally(() => delivering.delete(queue)));
    } else if (run !== undefined) {
      begun.push(archive.run(run));
    } else if (fill !== undefined) {
      begun.push(backfill.run(fill));
    } else if (conductor.isIdle) {
      break;
    }
    await conductor.step();
    conductor.isCalm = isCalm || steps >= stormy;
    if (steps === STEPS_MAX) {
      throw new BrokenGuaranteeError("something goes on for ever");
    }
  }
  await Promise.all(begun);
  conductor.isCalm = isCalm;
}

const LEFT = {
  letters:
    "SELECT COUNT(*) AS left FROM dead_letters WHERE state = 'open' AND reason_code = 'retries_exhausted'",
  all: `SELECT (SELECT COUNT(*) FROM series WHERE catch_up_from IS NOT NULL OR failure_count > 0)
    + (SELECT COUNT(*) FROM dead_letters WHERE state = 'open' AND reason_code = 'retries_exhausted')
    + (SELECT COUNT(*) FROM jobs WHERE finished_at IS NULL) AS left`,
  files: "SELECT COUNT(*) AS left FROM archive_files WHERE state <> 'current'",
};

/** How much is left to be replayed, to be collected, replayed or backfilled, or to be cleaned up. */
async function countLeft(what: keyof typeof LEFT): Promise<number> {
  return (await env.DB.prepare(LEFT[what]).first<number>("left")) ?? 0;
}

/** What is left, for people. */
async function describeLeft(): Promise<string> {
  const results = await env.DB.batch([
    env.DB.prepare("SELECT * FROM series WHERE catch_up_from IS NOT NULL OR failure_count > 0"),
    env.DB.prepare("SELECT * FROM dead_letters WHERE state = 'open'"),
    env.DB.prepare("SELECT * FROM jobs WHERE finished_at IS NULL"),
  ]);
  return JSON.stringify(results.map((result) => result.results));
}
