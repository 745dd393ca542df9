import type { FleetSeries } from "../../workers/producer/src/fleet.ts";
import { sleep } from "./ask.ts";
import { drawsOf, type Draw } from "../fuzz/draw.ts";
import { drawFault, FAULT_SECONDS, faultOf, type Restated } from "./fault-plan.ts";
import type { RunningSystem } from "./running-system.ts";
import { behindOf, readAllSeries, takeSample, type Sample } from "./sample.ts";

const SAMPLE_SECONDS = 10;
const STEP_MS = 250;
/** The last part of a run is without faults, so that what failed is made up for: so much of it, and no more than this. */
const CALM_PART = 1 / 6;
const CALM_SECONDS_MAX = 300;
/** A second between two looks whether something goes wrong now: this part of them finds so. */
const FAULT_SHARE = 0.5;
/** When what is killed, as a part of the run: after the second one the memory has time to grow. */
const KILLS = [
  { part: 0.1, what: "workerd" },
  { part: 0.45, what: "all" },
] as const;
/** How long the slowest source may take after the run for what it owes. */
const DRAIN_SECONDS_MAX = 900;

/** What is noted while the system runs. Moments are seconds since the begin. */
export interface Journal {
  readonly samples: Sample[];
  /** When something was killed. */
  readonly kills: number[];
  readonly restated: Restated[];
  /** How often something was made to go wrong at a source. */
  faults: number;
  /** What the driver could not see or do, since the system was not there. */
  readonly misses: string[];
}

/** The course of one run. */
export interface Drive {
  readonly journal: Journal;
  /** When the last fault was over, unix seconds. */
  readonly calmSeconds: number;
  /** How long after that all that was closed then was stored; null where it was not in time. */
  readonly drainSeconds: number | null;
}

/** What happens next, and when; seconds since the begin. */
interface Appointments {
  sample: number;
  fault: number;
  kill: number;
}

/**
 * Lets `system` run for `seconds` with faults and kills, and then until it has made up for them.
 * `onSample` is shown each sample.
 */
export async function drive(
  system: RunningSystem,
  fleet: readonly FleetSeries[],
  { seconds, seed }: { readonly seconds: number; readonly seed: number },
  onSample: (sample: Sample, journal: Journal) => void,
): Promise<Drive> {
  const draw = drawsOf(seed);
  const journal: Journal = { samples: [], kills: [], restated: [], faults: 0, misses: [] };
  const startedMs = Date.now();
  const now = (): number => (Date.now() - startedMs) / 1_000;
  const faultsUntil = seconds - Math.min(CALM_SECONDS_MAX, seconds * CALM_PART);
  const next: Appointments = { sample: 0, fault: FAULT_SECONDS, kill: 0 };
  let calmSeconds: number | undefined;
  while (now() < seconds) {
    const kill = KILLS[next.kill];
    if (kill !== undefined && now() >= kill.part * seconds) {
      next.kill += 1;
      await system.killAndStart(kill.what);
      journal.kills.push(now());
      // The simulator of the system is a new one.
      await injectAgain(system, journal.restated);
    } else if (now() >= next.fault && now() < faultsUntil) {
      next.fault = now() + FAULT_SECONDS;
      await spoil(system, draw, fleet, journal);
    } else if (now() >= faultsUntil && calmSeconds === undefined) {
      await system.clearFaults();
      calmSeconds = Math.floor(Date.now() / 1_000);
    } else if (now() >= next.sample) {
      next.sample = (Math.floor(now() / SAMPLE_SECONDS) + 1) * SAMPLE_SECONDS;
      await sampleOf(system, now(), journal, onSample);
    } else {
      await sleep(STEP_MS);
    }
  }
  const calm = calmSeconds ?? Math.floor(Date.now() / 1_000);
  return { journal, calmSeconds: calm, drainSeconds: await drain(system, calm) };
}

async function injectAgain(system: RunningSystem, restated: readonly Restated[]): Promise<void> {
  for (const one of restated) {
    await system.inject(faultOf(one));
  }
}

async function spoil(
  system: RunningSystem,
  draw: Draw,
  fleet: readonly FleetSeries[],
  journal: Journal,
): Promise<void> {
  if (draw() < FAULT_SHARE) {
    const { fault, restated } = drawFault(draw, fleet, Date.now() / 1_000);
    await system.inject(fault);
    journal.faults += 1;
    journal.restated.push(...restated);
  }
}

async function sampleOf(
  system: RunningSystem,
  at: number,
  journal: Journal,
  onSample: (sample: Sample, journal: Journal) => void,
): Promise<void> {
  try {
    const sample = await takeSample(system.url(), at, system.memory());
    journal.samples.push(sample);
    onSample(sample, journal);
  } catch (error) {
    journal.misses.push(`${Math.round(at)} s: ${String(error)}`);
  }
}

/** Waits until all that was closed at `calmSeconds`, unix seconds, is stored. */
async function drain(system: RunningSystem, calmSeconds: number): Promise<number | null> {
  for (const giveUpMs = Date.now() + DRAIN_SECONDS_MAX * 1_000; Date.now() < giveUpMs;) {
    const behind = behindOf(await readAllSeries(system.url()), calmSeconds);
    if (behind.length === 0) {
      return Date.now() / 1_000 - calmSeconds;
    }
    await sleep(SAMPLE_SECONDS * 1_000);
  }
  return null;
}
