/**
 * A load run: the whole system as `npm start` runs it, at several times the default fleet, against
 * the exchange simulator, in real time, with faults and kills; then what is stored is compared with
 * what the market had. `npm run load -- --minutes 30 --times 10 --seed 1`
 */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { parseArgs } from "node:util";
import { compareWithMarket } from "./compare-market.ts";
import { drive, type Drive, type Journal } from "./drive.ts";
import { loadFleet } from "./fleet.ts";
import { openReferenceMarket } from "./reference-market.ts";
import { collectFleet, createRunningSystem } from "./running-system.ts";
import { readAllSeries, type Sample } from "./sample.ts";
import { judge, type Finding, type Outcome } from "./verdict.ts";

/** A line of progress is shown as often. */
const SHOWN_SECONDS = 60;
const COMPARED_SHOWN = 250;
/** Names that are shown of what is wrong. */
const SHOWN_MAX = 20;

interface Settings {
  readonly minutes: number;
  readonly times: number;
  readonly seed: number;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** With the time of day, UTC. */
function say(text: string): void {
  print(`${new Date().toISOString().slice(11, 19)} ${text}`);
}

function readSettings(): Settings {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "30" },
      times: { type: "string", default: "10" },
      seed: { type: "string", default: "1" },
    },
  });
  return {
    minutes: readNumber("minutes", values.minutes, 1, 1_440),
    times: readNumber("times", values.times, 1, 70),
    seed: readNumber("seed", values.seed, 0, 2 ** 31),
  };
}

function readNumber(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value >= low && value <= high)) {
    throw new Error(`--${name} ${text} is not allowed: a whole number from ${low} to ${high}`);
  }
  return value;
}

/** Shows a sample a minute, with what is left. */
function progressOf({ minutes }: Settings): (sample: Sample, journal: Journal) => void {
  let nextAt = 0;
  return (sample, { faults, kills }) => {
    const { at, memory, load, lateness } = sample;
    if (at < nextAt) {
      return;
    }
    nextAt = Math.floor(at / SHOWN_SECONDS + 1) * SHOWN_SECONDS;
    const late = Object.entries(lateness).map(
      ([source, { median, most, empty }]) =>
        `${source} ${median}/${most}${empty > 0 ? ` (${empty} empty)` : ""}`,
    );
    say(
      [
        `${(at / 60).toFixed(1)} min, ${(minutes - at / 60).toFixed(1)} left`,
        `workerd ${memory.workerd.toFixed(0)} MB, node ${memory.node.toFixed(0)} MB`,
        `queue ${sample.backlogMessages} for ${sample.backlogSeconds} s`,
        `stored ${sample.inserted}, revised ${sample.revised}, dead ${sample.deadLetters}`,
        `late ${late.join(", ")}`,
        `${faults} faults, ${kills.length} kills, ${sample.alerts} alerts, load ${load}`,
      ].join("; "),
    );
  };
}

function showCompared(done: number, all: number): void {
  if (done % COMPARED_SHOWN === 0) {
    say(`${done} of ${all} series compared`);
  }
}

/** What is wrong in words, a few of each kind. */
function showWrong({ comparison }: Outcome, { journal }: Drive): void {
  const kinds = {
    lost: comparison.lost,
    "not the market's": comparison.invented,
    empty: comparison.empty,
    "not seen": journal.misses,
  };
  for (const [kind, names] of Object.entries(kinds)) {
    names.slice(0, SHOWN_MAX).forEach((name) => say(`${kind}: ${name}`));
    if (names.length > SHOWN_MAX) {
      say(`${kind}: ${names.length - SHOWN_MAX} more`);
    }
  }
}

function showFindings(findings: readonly Finding[]): void {
  for (const { what, figure, bound, holds } of findings) {
    print(`${holds ? "ok    " : "FAILED"}  ${what}: ${figure}; ${bound}`);
  }
}

/** Whether all holds. */
async function run(settings: Settings): Promise<boolean> {
  const { minutes, times, seed } = settings;
  const directory = mkdtempSync(`${tmpdir()}/candlehouse-load-`);
  const system = createRunningSystem(`${directory}/state`);
  try {
    const fleet = loadFleet(times);
    say(
      `${fleet.length} series, ${minutes} minutes, seed ${seed}; ${availableParallelism()} cores; ${directory}`,
    );
    await system.start();
    await collectFleet(system.url(), fleet);
    say(`up at ${system.url()}`);
    const course = await drive(
      system,
      fleet,
      { seconds: minutes * 60, seed },
      progressOf(settings),
    );
    say(
      `drained in ${course.drainSeconds?.toFixed(0) ?? "vain for"} s; comparing what is stored with the market`,
    );
    const market = await openReferenceMarket(Date.now());
    const { journal, calmSeconds, drainSeconds } = course;
    const comparison = await compareWithMarket(
      system.url(),
      await readAllSeries(system.url()),
      market,
      journal.restated,
      calmSeconds,
      showCompared,
    );
    await market.close();
    const outcome = { samples: journal.samples, kills: journal.kills, comparison, drainSeconds };
    showWrong(outcome, course);
    const findings = judge(outcome);
    say(
      `${comparison.candles} candles of ${comparison.series} series compared; ${journal.faults} faults, ${journal.kills.length} kills, ${comparison.restated} candles restated, ${journal.samples.at(-1)?.revised ?? 0} revisions seen`,
    );
    showFindings(findings);
    return findings.every(({ holds }) => holds);
  } finally {
    await system.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

try {
  process.exitCode = (await run(readSettings())) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
