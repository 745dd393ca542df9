import { readFileSync } from "node:fs";
import type { Fault } from "@candlehouse/exchange-simulator";
import { aliveOf } from "../../scripts/process-tree.ts";
import type { FleetSeries } from "../../workers/producer/src/fleet.ts";
import { freePort, runStart, type StartProcess } from "../start-process.ts";
import { askText, sendJson, sleep } from "./ask.ts";
import { isWorkerd, memoryOf, type Memory } from "./machine.ts";

const READY_MS_MAX = 300_000;
/** Most series in one order. */
const ORDER_SERIES_MAX = 1_000;

/** `npm start` as its users run it, which can be killed and started again. */
export interface RunningSystem {
  readonly url: () => string;
  start(): Promise<void>;
  /** Kills workerd alone, or everything at once as a power cut does, and starts again. */
  killAndStart(what: "workerd" | "all"): Promise<void>;
  memory(): Memory;
  /** Has something go wrong at the sources. */
  inject(fault: Fault): Promise<void>;
  clearFaults(): Promise<void>;
  stop(): Promise<void>;
}

/** A system that keeps everything in `stateDirectory`. */
export function createRunningSystem(stateDirectory: string): RunningSystem {
  let instance: StartProcess | undefined;
  let url = "";
  const start = async (): Promise<void> => {
    instance = runStart({ STATE_DIR: stateDirectory, PORT: String(await freePort()) });
    [, url = ""] = await instance.untilPrinted(/up at (http:\S+)/, READY_MS_MAX);
  };
  return {
    url: () => url,
    start,
    killAndStart: async (what) => {
      const all = instance?.processes() ?? [];
      const killed = what === "all" ? all : all.filter(isWorkerd);
      killed.forEach((pid) => process.kill(pid, "SIGKILL"));
      await instance?.exited;
      while (aliveOf(all).length > 0) {
        await sleep(50);
      }
      await start();
    },
    memory: () => memoryOf(instance?.processes() ?? []),
    inject: async (fault) => {
      await sendJson(`${simulatorOf(stateDirectory)}/control/faults`, fault);
    },
    clearFaults: async () => {
      await askText(`${simulatorOf(stateDirectory)}/control/faults`, { method: "DELETE" });
    },
    stop: async () => {
      await instance?.clean();
    },
  };
}

/** Where the simulator listens now, as the Workers were told. */
function simulatorOf(stateDirectory: string): string {
  const file = `${stateDirectory}/workers/candlehouse-producer/wrangler.json`;
  const { vars } = JSON.parse(readFileSync(file, "utf8")) as { vars: { SIMULATOR_URL: string } };
  return vars.SIMULATOR_URL;
}

/** Has `fleet` collected from now on, as an operator would. */
export async function collectFleet(url: string, fleet: readonly FleetSeries[]): Promise<void> {
  const names = fleet.map(({ source, symbol, timeframe }) => `${source}:${symbol}:${timeframe}`);
  for (let from = 0; from < names.length; from += ORDER_SERIES_MAX) {
    await sendJson(`${url}/v1/series`, { series: names.slice(from, from + ORDER_SERIES_MAX) });
  }
}
