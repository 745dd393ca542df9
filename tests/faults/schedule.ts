import { env } from "cloudflare:workers";
import { timeframeSeconds } from "@candlehouse/shared/core/timeframe";
import { Conductor } from "./conductor.ts";
import { drain, drainAgain, until } from "./drain.ts";
import type { FaultRecord } from "./fault-record.ts";
import { checkArchive, checkComplete, checkServed, readStable, serveAll } from "./final-checks.ts";
import { BrokenGuaranteeError, Guarantees } from "./guarantees.ts";
import { checkKnown } from "./known-gaps.ts";
import { LyingSource } from "./lying-source.ts";
import { Market } from "./market.ts";
import { Random } from "./random.ts";
import { beginOf, clearStores, orderBackfill, seriesOf, startCollection } from "./set-up.ts";
import { World } from "./world.ts";

const HOUR_MS = 3_600_000;

/** Things that happen in a schedule before the faults end. */
const HAPPENINGS = 8;
/** Calls of what happens in order that faults strike; then they pause until it has ended. */
const STORMY_CALLS = 60;
/** A candle is restated while it is one of so many newest. */
const RESTATED_CANDLES = 4;
/** One schedule in so many is done once more. */
const REPEATED_EACH = 5;
/** Invocations that run beside each other. */
const AT_ONCE_MAX = 3;
/** Share of the messages that are delivered twice. */
const TWICE = 0.1;

/** Share of the happenings after which all is looked at. */
const LOOKED_AT = 0.25;

/** What most goes wrong in a schedule. */
const STORMS = [
  "nothing",
  "consumer batch",
  "consumer batch",
  "consumer dead letters",
  "archiver run",
  "archiver daily",
  "archiver compaction",
  "producer shard",
  "producer backfill",
];

/** The one that runs: where the clock, the global fetch and the global scheduler are. */
export let world: World | undefined;

/**
 * Runs the schedule that follows from `seed`, then ends the faults, lets everything come to rest,
 * and checks what must hold. Throws a BrokenGuaranteeError, or what should never have come out.
 */
export async function runSchedule(seed: number, record: FaultRecord): Promise<void> {
  await clearStores();
  const random = new Random(seed);
  const market = new Market(seed);
  const series = seriesOf(seed, random);
  const begin = beginOf(random);
  const faults = random.pick([0.05, 0.1, 0.2]);
  const storm = random.pick(STORMS);
  const conductor = new Conductor({ random, seed, record, faults, storm }, begin * 1_000);
  const nowSeconds = () => Math.floor(conductor.nowMs / 1_000);
  const source = new LyingSource({ market, series, random, nowSeconds });
  const here = new World({ conductor, random, market, source, series });
  world = here;
  const guarantees = new Guarantees(here);
  const firsts = await startCollection(series, market, begin);
  for (const [index, one] of series.entries()) {
    const before = firsts[index] ?? 0;
    here.inherit(one, market.times(one, before - 8 * timeframeSeconds(one.timeframe), before));
  }
  const backfilled = random.chance(0.4) ? random.pick(series) : undefined;
  const job = backfilled && (await orderBackfill(backfilled, begin));
  const happenings = new Happenings(here, random, guarantees);
  await happenings.run();
  await happenings.runInOrder();
  await drain(here, record);
  const holdings = await guarantees.check();
  checkComplete(here, holdings, firsts);
  await checkServed(here, holdings);
  await checkKnown(here, holdings);
  const verified = await answerOf(here);
  await checkArchive(here, verified);
  if (seed % REPEATED_EACH === 0) {
    await checkRepeated(here, record, guarantees);
  }
  if (job !== undefined) {
    await expectEnded(job.id, record);
  }
}

async function answerOf(here: World): Promise<unknown> {
  const verifying = here.order("archiver verification", "/v1/archive/verify");
  await here.conductor.finish();
  const ending = await verifying;
  return ending.how === "done" ? ending.value.json() : ending;
}

/** Does everything once more, every message among it: no row may change. */
async function checkRepeated(
  here: World,
  record: FaultRecord,
  guarantees: Guarantees,
): Promise<void> {
  const before = await readStable(await guarantees.check());
  for (const { body, sentAtMs } of here.sent) {
    here.candles.take([body], sentAtMs);
  }
  await drainAgain(here, record);
  if ((await readStable(await guarantees.check())) !== before) {
    throw new BrokenGuaranteeError("what was done once more changed rows");
  }
}

async function expectEnded(id: string, record: FaultRecord): Promise<void> {
  const row = await env.DB.prepare("SELECT state, message FROM jobs WHERE id = ?1")
    .bind(id)
    .first<{ state: string; message: string }>();
  record.count(`backfills ${row?.state}`);
  if (row === null || !["complete", "incomplete", "failed"].includes(row.state)) {
    throw new BrokenGuaranteeError(`the backfill did not end: ${JSON.stringify(row)}`);
  }
}

/** What happens while faults strike, drawn from the seed. */
class Happenings {
  readonly #world: World;
  readonly #random: Random;
  readonly #guarantees: Guarantees;
  readonly #begun: Promise<unknown>[] = [];
  #ended = 0;

  constructor(given: World, random: Random, guarantees: Guarantees) {
    this.#world = given;
    this.#random = random;
    this.#guarantees = guarantees;
  }

  async run(): Promise<void> {
    const { conductor } = this.#world;
    for (let left = HAPPENINGS; left > 0;) {
      const isFull = conductor.running >= AT_ONCE_MAX;
      if (conductor.isIdle || (!isFull && this.#random.chance(0.15))) {
        const happening = this.#draw()();
        this.#begun.push(happening.then(() => (this.#ended += 1)));
        left -= 1;
      }
      const ended = this.#ended;
      await conductor.step();
      if (this.#random.chance(this.#ended > ended ? LOOKED_AT : 0.01)) {
        await this.#guarantees.check();
      }
    }
    await conductor.finish();
    await Promise.all(this.#begun);
    await this.#guarantees.check();
  }

  /** What a candle meets on its whole way, so that all of it is met by faults in most schedules. */
  async runInOrder(): Promise<void> {
    const here = this.#world;
    const way = [
      () => here.tick(),
      () => this.#order(),
      () => here.replay(),
      () => this.#read(),
      () => this.#daily(),
      () => this.#daily(),
    ];
    for (const happen of way) {
      await until(here, happen(), STORMY_CALLS);
      if (this.#random.chance(LOOKED_AT)) {
        await this.#guarantees.check();
      }
    }
  }

  /** One of what may happen now, by weight. */
  #draw(): () => Promise<unknown> {
    const { archive, backfill, candles, candlesDead, compaction, compactionDead } = this.#world;
    const happenings: [number, boolean, () => Promise<unknown>][] = [
      [8, true, () => this.#tick()],
      [14, !candles.isEmpty, () => this.#deliver(candles)],
      [14, !candlesDead.isEmpty, () => this.#deliver(candlesDead)],
      [4, !compaction.isEmpty, () => this.#deliver(compaction)],
      [3, !compactionDead.isEmpty, () => this.#deliver(compactionDead)],
      [candlesDead.isEmpty ? 6 : 1, true, () => this.#world.replay()],
      [3, true, () => this.#order()],
      [2, true, () => this.#daily()],
      [9, archive.waiting.length > 0, () => archive.run(this.#random.pick(archive.waiting))],
      [2, archive.running.length > 0, () => archive.run(this.#random.pick(archive.running))],
      [6, backfill.waiting.length > 0, () => backfill.run(this.#random.pick(backfill.waiting))],
      [1, backfill.running.length > 0, () => backfill.run(this.#random.pick(backfill.running))],
      [1, true, () => this.#world.order("archiver verification", "/v1/archive/verify")],
      [2, true, () => this.#read()],
      [3, true, () => this.#restate()],
    ];
    const possible = happenings.filter(([, isPossible]) => isPossible);
    let draw = this.#random.next() * possible.reduce((sum, [weight]) => sum + weight, 0);
    const drawn = possible.find(([weight]) => (draw -= weight) < 0);
    return drawn?.[2] ?? (() => this.#tick());
  }

  #deliver(queue: World["candles"]): Promise<void> {
    return this.#world.deliver(queue, 1 + this.#random.below(12), TWICE);
  }

  #tick(): Promise<unknown> {
    const draw = this.#random.next();
    const { conductor } = this.#world;
    if (draw > 0.5) {
      conductor.nowMs += draw > 0.85 ? 26 * HOUR_MS : this.#random.below(5) * HOUR_MS;
    }
    return this.#world.tick();
  }

  #order(): Promise<unknown> {
    this.#world.conductor.nowMs += this.#random.pick([0, 20, 50]) * HOUR_MS;
    return this.#world.order("archiver order", "/v1/archive/run");
  }

  #daily(): Promise<unknown> {
    this.#world.conductor.nowMs += 25 * HOUR_MS;
    return this.#world.daily();
  }

  /** The source says otherwise of one of its newest candles from now on. */
  async #restate(): Promise<void> {
    const series = this.#random.pick(this.#world.series);
    const { market, nowSeconds } = this.#world;
    const from = nowSeconds - RESTATED_CANDLES * timeframeSeconds(series.timeframe);
    market.restate(series, from, nowSeconds, this.#random.next());
  }

  #read(): Promise<unknown> {
    const series = this.#random.pick(this.#world.series);
    return this.#world.read((stores) => serveAll(stores, series, this.#world.nowSeconds));
  }
}
