import { createExecutionContext, createScheduledController } from "cloudflare:test";
import { env, type WorkflowStep } from "cloudflare:workers";
import type { BackfillParams } from "../../workers/producer/src/backfill-context.ts";
import type { ArchiveParams } from "../../workers/archiver/src/archive-steps.ts";
import archiver, { ArchivePartition, ArchiverWork } from "../../workers/archiver/src/index.ts";
import consumer from "../../workers/consumer/src/index.ts";
import producer, { BackfillSeries, SourceCollector } from "../../workers/producer/src/index.ts";
import {
  decodeCandle,
  encodeCandle,
  type CandleMessage,
} from "@candlehouse/shared/queue/candle-message";
import { decodeUpload } from "@candlehouse/shared/r2/decode-fragment";
import type { Shard } from "@candlehouse/shared/core/collect-plan";
import {
  freshRateState,
  recordOutcomes,
  reserve,
  type Outcome,
  type RatePolicy,
  type RateState,
} from "@candlehouse/shared/core/rate-limit";
import { chunk } from "@candlehouse/shared/core/message-plan";
import type { Series } from "@candlehouse/shared/core/series";
import { currentInvocation, type Conductor, type Ending, type Invocation } from "./conductor.ts";
import { FaultyQueue } from "./faulty-queue.ts";
import { gateBucket, gateDatabase, type Gate, type UploadTimes } from "./gated-stores.ts";
import type { LyingSource } from "./lying-source.ts";
import { candleOf, keyOf, valueOf, type Market } from "./market.ts";
import type { Random } from "./random.ts";
import { WorkflowEngine, type StandInStep } from "./workflow-engine.ts";

/** Days before today whose candles stay in D1, and hours before a replaced file goes. */
const HOT_DAYS = 1;
const DELETE_AFTER_HOURS = 24;

export interface WorldSettings {
  readonly conductor: Conductor;
  readonly random: Random;
  readonly market: Market;
  readonly source: LyingSource;
  readonly series: readonly Series[];
}

/**
 * All Workers of the system with their real code, over the real D1 and R2; what the platform does
 * between them stands in, with its promises and no more.
 */
export class World {
  readonly conductor: Conductor;
  readonly series: readonly Series[];
  readonly market: Market;
  readonly candles: FaultyQueue;
  readonly candlesDead: FaultyQueue;
  readonly compaction: FaultyQueue;
  readonly compactionDead: FaultyQueue;
  readonly archive: WorkflowEngine<ArchiveParams>;
  readonly backfill: WorkflowEngine<BackfillParams>;
  /** Values that a queue or the archiver took over, by candle: from then on they may not get lost. */
  readonly accepted = new Map<string, Set<string>>();
  acceptedValues = 0;
  /** All messages that the queue ever took. */
  readonly sent: { readonly body: CandleMessage; readonly sentAtMs: number }[] = [];
  /** Keys of objects that were damaged on R2, and not written again since. */
  readonly damaged = new Set<string>();
  readonly #source: LyingSource;
  readonly #limits = new Map<string, RateState>();
  readonly #uploaded: UploadTimes = new Map();
  /** One isolate's, which has all invocations: it looks once whether the database is the right one. */
  readonly #db: D1Database;

  constructor({ conductor, random, market, source, series }: WorldSettings) {
    this.conductor = conductor;
    this.series = series;
    this.market = market;
    this.#source = source;
    this.#db = gateDatabase(env.DB, (point, kind, effect, rival) =>
      conductor.at(currentInvocation(), point, kind, effect, rival),
    );
    const queue = (name: string, retriesMax: number, batchMax: number, deadLetters?: FaultyQueue) =>
      new FaultyQueue({ name, random, retriesMax, batchMax, ...(deadLetters && { deadLetters }) });
    this.candlesDead = queue("candles-dlq", 100, 100);
    // An operator may allow fewer retries: then dead letters are more.
    this.candles = queue("candles", random.pick([0, 0, 1, 3]), 100, this.candlesDead);
    this.compactionDead = queue("compaction-dlq", 100, 100);
    this.compaction = queue("compaction", 3, 5, this.compactionDead);
    const gateOf = (invocation: Invocation) => this.#gateOf(invocation);
    this.archive = new WorkflowEngine<ArchiveParams>({
      name: "archiver run",
      conductor,
      gateOf,
      run: (invocation, event, step) =>
        this.#entryOf(ArchivePartition, invocation).run(event, stepOf(step)),
    });
    this.backfill = new WorkflowEngine<BackfillParams>({
      name: "producer backfill",
      conductor,
      gateOf,
      run: (invocation, event, step) =>
        this.#entryOf(BackfillSeries, invocation).run(event, stepOf(step)),
    });
  }

  get nowSeconds(): number {
    return Math.floor(this.conductor.nowMs / 1_000);
  }

  /** The cron of the producer, at the next full minute. */
  tick(): Promise<Ending<unknown>> {
    this.conductor.nowMs = Math.ceil(this.conductor.nowMs / 60_000) * 60_000;
    return this.conductor.start("producer tick", async (invocation) =>
      producer.scheduled(this.#controller(), this.#envOf(invocation), this.#contextOf(invocation)),
    );
  }

  /** The cron of the archiver. */
  daily(): Promise<Ending<unknown>> {
    return this.conductor.start("archiver daily", async (invocation) =>
      archiver.scheduled(this.#controller(), this.#envOf(invocation), this.#contextOf(invocation)),
    );
  }

  /** An order to the archiver, by `path`. */
  order(name: string, path: string): Promise<Ending<Response>> {
    return this.conductor.start(name, async (invocation) =>
      archiver.fetch(
        new Request(`https://archiver${path}`, { method: "POST", body: "{}" }),
        this.#envOf(invocation),
      ),
    );
  }

  /** An order to replay the dead letters that used their retries up. */
  replay(): Promise<Ending<Response>> {
    return this.conductor.start("consumer replay", async (invocation) =>
      consumer.fetch(
        new Request("https://consumer/v1/dead-letters/replay", {
          method: "POST",
          body: JSON.stringify({ all: true, reason_code: "retries_exhausted" }),
        }),
        this.#envOf(invocation),
      ),
    );
  }

  /** Delivers up to `most` messages of `queue`, a share of them to come again. */
  async deliver(queue: FaultyQueue, most: number, twice: number): Promise<void> {
    const { batch, settle } = queue.deliver(most, twice);
    const isCompaction = queue === this.compaction;
    const isDead = queue === this.candlesDead || queue === this.compactionDead;
    const name = isCompaction
      ? "archiver compaction"
      : `consumer ${isDead ? "dead letters" : "batch"}`;
    const worker = isCompaction ? archiver : consumer;
    const ending = await this.conductor.start(name, async (invocation) => {
      await worker.queue(batch, this.#envOf(invocation));
      return (await settle(true)) ? "done" : "sent back";
    });
    if (ending.how !== "done") {
      await settle(ending.how === "failed");
    }
  }

  /** Reads as the query Worker does. */
  read<Result>(run: (stores: { DB: D1Database; BUCKET: R2Bucket }) => Promise<Result>) {
    return this.conductor.start("query read", (invocation) => run(this.#envOf(invocation)));
  }

  /**
   * Messages of earlier days that nobody sends again: one that waits, and one that used its retries
   * up. What they carry is held by them alone.
   */
  inherit(series: Series, times: readonly number[]): void {
    const { source, symbol, timeframe } = series;
    const rows = times.map((time) => {
      const said = this.market.say(series, time, this.nowSeconds);
      this.market.note(series, said);
      return encodeCandle(symbol, timeframe, candleOf(series, said));
    });
    const messages = chunk(rows, Math.ceil(rows.length / 2)).map((candles): CandleMessage => ({
      v: 1,
      source,
      origin: "cron",
      candles,
    }));
    for (const [index, body] of messages.entries()) {
      (index === 0 ? this.candlesDead : this.candles).take([body], this.conductor.nowMs);
      this.#accept([body], this.conductor.nowMs);
    }
  }

  /** What the global fetch and the global scheduler do while schedules run. */
  fetch(invocation: Invocation, request: Request): Promise<Response> {
    return this.conductor.at(invocation, "fetch", "source", async (fate) =>
      this.#source.answer(request, fate),
    );
  }

  wait(invocation: Invocation, ms: number): Promise<void> {
    return this.conductor.at(invocation, "wait", "sleep", async () => {
      this.conductor.nowMs += ms;
    });
  }

  /** An object of a Workflow's class; the engine alone may call its constructor. */
  #entryOf<Entry extends object>(
    entry: { readonly prototype: Entry },
    invocation: Invocation,
  ): Entry {
    const members = { env: this.#envOf(invocation), ctx: this.#contextOf(invocation) };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has the class's methods
    return Object.assign(Object.create(entry.prototype), members) as Entry;
  }

  #controller(): ScheduledController {
    return createScheduledController({ scheduledTime: new Date(this.conductor.nowMs) });
  }

  #gateOf(invocation: Invocation): Gate {
    return (point, kind, effect, rival) =>
      this.conductor.at(invocation, point, kind, effect, rival);
  }

  #contextOf(invocation: Invocation): ExecutionContext & { exports: Cloudflare.Exports } {
    const exports = {
      SourceCollector: { collect: (shard: Shard) => this.#collect(invocation, shard) },
      ArchiverWork: { verifyOldest: () => this.#verifyOldest(invocation) },
      HostLimiter: { getByName: (host: string) => this.#limiterOf(invocation, host) },
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all of it that is called
    return Object.assign(createExecutionContext(), {
      exports: exports as unknown as Cloudflare.Exports,
    });
  }

  /** The call of another invocation, which may get lost on its way there and back. */
  async #call<Result>(
    invocation: Invocation,
    point: string,
    name: string,
    run: (child: Invocation) => Promise<Result>,
  ): Promise<Result> {
    const gate = this.#gateOf(invocation);
    await gate(point, "service", async () => undefined);
    const ending = await this.conductor.start(name, run, invocation);
    await gate(`answer of ${point}`, "service", async () => undefined);
    if (ending.how === "done") {
      return ending.value;
    }
    throw ending.how === "failed" ? ending.error : new Error("internal error; reference = killed");
  }

  #collect(invocation: Invocation, shard: Shard) {
    return this.#call(invocation, "call of the shard", "producer shard", (child) =>
      new SourceCollector(this.#contextOf(child), this.#envOf(child)).collect(shard),
    );
  }

  #verifyOldest(invocation: Invocation) {
    return this.#call(invocation, "call of the verification", "archiver oldest files", (child) =>
      this.#entryOf(ArchiverWork, child).verifyOldest(),
    );
  }

  /** What HostLimiter does with its storage, which no draw reaches. */
  #limiterOf(invocation: Invocation, host: string) {
    const gate = this.#gateOf(invocation);
    return {
      exchange: (policy: RatePolicy, outcomes: readonly Outcome[], ask: number, keep = 0) =>
        gate("call of the limiter", "service", async () => {
          const { nowMs } = this.conductor;
          const before = this.#limits.get(host) ?? freshRateState(policy, nowMs);
          const known = recordOutcomes(before, policy, outcomes, nowMs);
          const { state, reservation } = reserve(known, policy, ask, nowMs, keep);
          this.#limits.set(host, state);
          return { ...reservation, rowsWritten: 1 };
        }),
    };
  }

  #queueOf(gate: Gate, name: string, queue: FaultyQueue): Queue {
    const binding = {
      sendBatch: (messages: Iterable<MessageSendRequest>) => {
        const bodies = [...messages].map(({ body }) => structuredClone(body));
        return gate(`send to ${name}`, "queue", async () => {
          const sentAtMs = this.conductor.nowMs;
          queue.take(bodies, sentAtMs);
          if (queue === this.candles) {
            this.#accept(bodies, sentAtMs);
          }
        });
      },
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all of it that is called
    return binding as unknown as Queue;
  }

  #accept(bodies: readonly unknown[], sentAtMs: number): void {
    for (const body of bodies) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only messages are sent there
      const message = body as CandleMessage;
      this.sent.push({ body: message, sentAtMs });
      for (const row of message.candles) {
        const [symbol, timeframe] = row;
        this.acceptValue(
          { source: message.source, symbol, timeframe },
          valueOf(decodeCandle(row)),
          row[2],
        );
      }
    }
  }

  acceptValue(series: Series, value: string, timestamp: number): void {
    const key = keyOf(series, timestamp);
    const values = this.accepted.get(key) ?? new Set<string>();
    this.acceptedValues += values.has(value) ? 0 : 1;
    this.accepted.set(key, values.add(value));
  }

  #envOf(invocation: Invocation): Env {
    const gate = this.#gateOf(invocation);
    const bindings = {
      DB: this.#db,
      BUCKET: gateBucket(env.BUCKET, {
        gate,
        uploaded: this.#uploaded,
        damaged: this.damaged,
        nowMs: () => this.conductor.nowMs,
      }),
      CANDLES: this.#queueOf(gate, "candles", this.candles),
      COMPACTION: this.#queueOf(gate, "compaction", this.compaction),
      ARCHIVE: this.archive.binding(gate),
      BACKFILL: this.backfill.binding(gate),
      ARCHIVER: { fetch: (request: Request) => this.#handIn(invocation, request) },
      CLOCK: "",
      SIMULATOR_URL: "",
      HOT_DAYS: String(HOT_DAYS),
      ARCHIVE_DELETE_AFTER_HOURS: String(DELETE_AFTER_HOURS),
      QUEUE_SUFFIX: "",
      DEAD_LETTER_QUEUES: "candles-dlq,compaction-dlq",
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all of it that is called
    return bindings as unknown as Env;
  }

  /** A file that the producer hands to the archiver. */
  #handIn(invocation: Invocation, request: Request): Promise<Response> {
    return this.#call(invocation, "call of the archiver", "archiver fragments", async (child) => {
      const bytes = new Uint8Array(await request.arrayBuffer());
      const sent = new Request<unknown, IncomingRequestCfProperties>(request.url, {
        method: "POST",
        body: bytes,
      });
      const response = await archiver.fetch(sent, this.#envOf(child));
      if (response.ok) {
        const { series, candles } = decodeUpload(bytes, undefined, this.nowSeconds);
        candles.forEach((one) => this.acceptValue(series, valueOf(one), one.timestamp));
      }
      return response;
    });
  }
}

function stepOf(step: StandInStep): WorkflowStep {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all of it that is called
  return step as unknown as WorkflowStep;
}
