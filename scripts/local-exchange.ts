/** What the local system collects from: the simulator, unless the exchanges themselves are wanted. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { startSimulator, type SimulatorOptions } from "@candlehouse/exchange-simulator";

/** How often the simulated time is noted, so that the next start goes on from it. */
const NOTE_MS = 2_000;
const DAY_MS = 86_400_000;

export interface LocalExchange {
  readonly description: string;
  /** What the Workers need to know of it. */
  readonly variables: Readonly<Record<string, string>>;
  /** Its seconds per real second. */
  readonly speed: number;
  /** Its time, unix milliseconds. */
  nowMs(): number;
  stop(): Promise<void>;
}

/** Starts the simulator, or nothing where `live`. */
export async function startLocalExchange(options: {
  readonly live: boolean;
  readonly stateDirectory: string;
}): Promise<LocalExchange> {
  return options.live ? liveExchange() : simulatedExchange(options.stateDirectory);
}

function liveExchange(): LocalExchange {
  const variables: Record<string, string> = {};
  for (const name of ["CRYPTOCOMPARE_API_KEY", "COINGECKO_API_KEY"]) {
    const key = process.env[name];
    if (key !== undefined && key !== "") {
      variables[name] = key;
    }
  }
  return {
    description: "the exchanges themselves (--live)",
    variables,
    speed: 1,
    nowMs: () => Date.now(),
    stop: () => Promise.resolve(),
  };
}

async function simulatedExchange(stateDirectory: string): Promise<LocalExchange> {
  const recordings = process.env["RECORDINGS"];
  const speed = Number(process.env["SPEED"] ?? "1");
  if (!(speed > 0 && speed <= 60)) {
    throw new Error(`SPEED ${process.env["SPEED"]} is not allowed: more than 0, at most 60`);
  }
  const options: SimulatorOptions = { speed, ...(recordings === undefined ? {} : { recordings }) };
  const ownClock = recordings !== undefined || speed !== 1;
  const noteFile = `${stateDirectory}/simulated-time.json`;
  const startMs = ownClock ? readStart(noteFile, recordings) : Date.now();
  const simulator = await startSimulator({ ...options, startMs });
  const note = (): void => writeFileSync(noteFile, JSON.stringify({ nowMs: simulator.nowMs() }));
  const timer = ownClock ? setInterval(note, NOTE_MS) : undefined;
  const clock = JSON.stringify({ realMs: Date.now(), shownMs: simulator.nowMs(), speed });
  return {
    description: describe(recordings, speed, simulator.nowMs(), ownClock),
    variables: {
      SIMULATOR_URL: simulator.url,
      CRYPTOCOMPARE_API_KEY: "simulated",
      ...(ownClock ? { CLOCK: clock } : {}),
    },
    speed,
    nowMs: () => simulator.nowMs(),
    stop: async () => {
      clearInterval(timer);
      if (ownClock) {
        note();
      }
      await simulator.close();
    },
  };
}

function describe(
  recordings: string | undefined,
  speed: number,
  nowMs: number,
  ownClock: boolean,
): string {
  const market =
    recordings === undefined ? "a seeded random market" : `recordings of ${recordings}`;
  const clock = ownClock
    ? `; its clock shows ${new Date(nowMs).toISOString()}, speed ${speed}`
    : "";
  return `the exchange simulator (${market}${clock}), no real prices`;
}

/** Simulated time to start at: where the last start ended, else START, else a day into the data. */
function readStart(noteFile: string, recordings: string | undefined): number {
  if (existsSync(noteFile)) {
    const note: unknown = JSON.parse(readFileSync(noteFile, "utf8"));
    if (typeof note === "object" && note !== null && "nowMs" in note) {
      return Number(note.nowMs);
    }
  }
  const start = process.env["START"];
  if (start !== undefined) {
    const startMs = Date.parse(start);
    if (Number.isNaN(startMs)) {
      throw new Error(`START ${start} is not a time: give ISO 8601, such as 2023-03-20T00:00:00Z`);
    }
    return startMs;
  }
  return recordings === undefined ? Date.now() : firstDayMs(recordings) + DAY_MS;
}

/** The first day of minute candles in a folder of recordings; unix milliseconds. */
function firstDayMs(recordings: string): number {
  const days = readdirSync(recordings, { recursive: true, encoding: "utf8" }).flatMap(
    (file) => /-1m-(\d{4}-\d{2}-\d{2})\.zip$/.exec(file)?.[1] ?? [],
  );
  const [first] = days.toSorted();
  if (first === undefined) {
    throw new Error(`RECORDINGS ${recordings} holds no minute candles; set START to a time`);
  }
  return Date.parse(first);
}
