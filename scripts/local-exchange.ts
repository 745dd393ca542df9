/** What the local system collects from: the simulator, unless the exchanges themselves are wanted. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { startSimulator } from "@candlehouse/exchange-simulator";
import { z } from "zod";
import type { StartSettings } from "./start-settings.ts";

/** How often the simulated time is noted, so that the next start goes on from it. */
const NOTE_MS = 2_000;
const DAY_MS = 86_400_000;

const noteSchema = z.object({ nowMs: z.number() });

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

/** Whose candles a start collects, in words that stay the same from start to start. */
export function marketOf({ isLive, recordings }: StartSettings): string {
  if (isLive) {
    return "the exchanges themselves";
  }
  return recordings === undefined
    ? "the simulator's random market"
    : `the simulator's recordings in ${resolve(recordings)}`;
}

/** Starts the simulator, or nothing where the exchanges themselves are wanted. */
export async function startLocalExchange(settings: StartSettings): Promise<LocalExchange> {
  return settings.isLive ? liveExchange(settings) : simulatedExchange(settings);
}

function liveExchange({ keys }: StartSettings): LocalExchange {
  return {
    description: "the exchanges themselves (--live)",
    variables: keys,
    speed: 1,
    nowMs: () => Date.now(),
    stop: () => Promise.resolve(),
  };
}

async function simulatedExchange(settings: StartSettings): Promise<LocalExchange> {
  const { recordings, speed } = settings;
  const noteFile = `${settings.stateDirectory}/simulated-time.json`;
  const startMs = readStart(noteFile, settings);
  // Undefined: the simulated time is the real one.
  const hasOwnClock = startMs !== undefined;
  const simulator = await startSimulator({
    speed,
    startMs: startMs ?? Date.now(),
    ...(recordings === undefined ? {} : { recordings }),
  });
  const note = (): void => writeFileSync(noteFile, JSON.stringify({ nowMs: simulator.nowMs() }));
  const timer = hasOwnClock ? setInterval(note, NOTE_MS) : undefined;
  const clock = JSON.stringify({ realMs: Date.now(), shownMs: simulator.nowMs(), speed });
  const clockText = hasOwnClock
    ? `; its clock shows ${new Date(simulator.nowMs()).toISOString()}, speed ${speed}`
    : "";
  return {
    description: `${marketOf(settings)}${clockText}; no real prices`,
    variables: {
      SIMULATOR_URL: simulator.url,
      CRYPTOCOMPARE_API_KEY: "simulated",
      MASSIVE_API_KEY: "simulated",
      FINNHUB_API_KEY: "simulated",
      ...(hasOwnClock ? { CLOCK: clock } : {}),
    },
    speed,
    nowMs: () => simulator.nowMs(),
    stop: async () => {
      clearInterval(timer);
      if (hasOwnClock) {
        note();
      }
      await simulator.close();
    },
  };
}

/**
 * Simulated time to start at, undefined for the real one. Recordings go on where the last start
 * ended, else at START, else a day into the data. The random market has no end: it shows the real
 * time, unless a faster start was ahead of it already.
 */
function readStart(noteFile: string, settings: StartSettings): number | undefined {
  const { recordings, speed, startMs } = settings;
  const notedMs = readNote(noteFile);
  if (recordings !== undefined) {
    return notedMs ?? startMs ?? firstDayMs(recordings) + DAY_MS;
  }
  const nowMs = Date.now();
  const isAhead = notedMs !== undefined && notedMs > nowMs;
  return speed === 1 && !isAhead ? undefined : Math.max(notedMs ?? nowMs, nowMs);
}

function readNote(noteFile: string): number | undefined {
  return existsSync(noteFile)
    ? noteSchema.parse(JSON.parse(readFileSync(noteFile, "utf8"))).nowMs
    : undefined;
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
