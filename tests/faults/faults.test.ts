import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import document from "../../docs/failure-modes.md?raw";
import { MUTATIONS } from "./broken-guarantees.ts";
import { currentInvocation } from "./conductor.ts";
import { FATES } from "./fates.ts";
import { FaultRecord } from "./fault-record.ts";
import { countOf, putChapter, renderFaults } from "./fault-table.ts";
import { BrokenGuaranteeError } from "./guarantees.ts";
import { runSchedule, world } from "./schedule.ts";

/** Which schedules are run. */
interface SeedRange {
  readonly from: number;
  readonly count: number;
  /** Whether the chapter of docs/failure-modes.md is written. */
  readonly writes: boolean;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- vitest.config.ts wrote it
const { from, count, writes } = JSON.parse(env.SEEDS) as SeedRange;

/** The schedules of which docs/failure-modes.md tells. */
const isUsual = from === 1 && count === 200;

/** A point that met so many faults has met each that applies. */
const FAULTS_ENOUGH = 100;

/** Schedules in which a broken guarantee must be noticed, and the seed from which on they are: near one that does. */
const NOTICED_WITHIN = 60;
const FIRST_SEEDS: Readonly<Record<keyof typeof MUTATIONS, number>> = {
  "messages are acknowledged before their rows are committed": 5,
  "hot rows are deleted before the file is verified": 38,
  "a file is swapped in without a look at what it replaces": 33,
  "a dead letter is marked as replayed before it is sent": 2,
  "a missing candle has no record": 5,
  "a stored candle is overwritten by a later value": 15,
};

const realNow = Date.now;

beforeAll(() => {
  // Thousands of lines; what they say is tested elsewhere.
  vi.spyOn(console, "log").mockReturnValue();
  vi.spyOn(console, "error").mockReturnValue();
  vi.spyOn(Date, "now").mockImplementation(() => world?.conductor.nowMs ?? realNow());
  vi.spyOn(globalThis, "fetch").mockImplementation((request) => {
    if (!(request instanceof Request) || world === undefined) {
      throw new TypeError("only sources are asked, and by a Request");
    }
    return world.fetch(currentInvocation(), request);
  });
  vi.spyOn(scheduler, "wait").mockImplementation(async (ms) =>
    world?.wait(currentInvocation(), ms),
  );
});
afterAll(() => {
  vi.restoreAllMocks();
});

/** A line is printed after so many schedules. */
const TOLD_EACH = 250;

/** Says how far a long run is, and how long the rest will take at that rate. */
async function tellProgress(done: number, startMs: number): Promise<void> {
  if (done % TOLD_EACH === 0) {
    const minutes = (((realNow() - startMs) / done) * (count - done)) / 60_000;
    const body = `faults: ${done} of ${count} schedules, ${Math.ceil(minutes)} minutes left`;
    await env.PROGRESS.fetch("https://progress", { method: "POST", body });
  }
}

describe(`schedules from seed ${from} on: ${count}`, () => {
  const record = new FaultRecord();

  test("lose, invent, change and double nothing, and come to rest when the faults end", async () => {
    const broken: string[] = [];
    const startMs = realNow();
    for (let seed = from; seed < from + count; seed += 1) {
      await runSchedule(seed, record).catch((error: unknown) => {
        const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
        broken.push(`FAULT_SEED=${seed} npx vitest run --project faults: ${why}`);
      });
      await tellProgress(seed - from + 1, startMs);
      // What the spies have noted of a million calls would fill the memory.
      vi.clearAllMocks();
    }
    expect(broken).toEqual([]);
    expect(record.points.size).toBeGreaterThan(0);
  });

  test("meet every fault that applies at each call that faults often strike", () => {
    const missing = [...record.points].flatMap(([point, one]) =>
      countOf(one, () => true) < FAULTS_ENOUGH
        ? []
        : FATES[one.kind].filter((fate) => !one.fates.has(fate)).map((fate) => `${point}: ${fate}`),
    );
    expect(missing).toEqual([]);
  });

  test.skipIf(!isUsual)("are what docs/failure-modes.md tells of", async () => {
    const written = putChapter(document, renderFaults(record, count));
    if (writes) {
      await env.DOCUMENT.fetch("https://document", { method: "POST", body: written });
    }
    const how = "FAULT_WRITE=1 npx vitest run --project faults writes it";
    expect(writes || written === document ? "it is up to date" : how).toBe("it is up to date");
  });
});

describe("it is noticed that", () => {
  test.each(Object.keys(MUTATIONS))("%s", async (name) => {
    const noticed: unknown[] = [];
    Reflect.set(globalThis, "broken", name);
    try {
      const [, first = 1] = Object.entries(FIRST_SEEDS).find(([one]) => one === name) ?? [];
      for (let seed = first; noticed.length === 0 && seed < first + NOTICED_WITHIN; seed += 1) {
        await runSchedule(seed, new FaultRecord()).catch((error: unknown) => noticed.push(error));
        vi.clearAllMocks();
      }
    } finally {
      Reflect.deleteProperty(globalThis, "broken");
    }
    expect(noticed[0]).toBeInstanceOf(BrokenGuaranteeError);
  });
});
