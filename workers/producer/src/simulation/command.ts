import { expandFleet, type FleetSeries } from "../fleet.ts";
import { FLEETS, namedFleet } from "./fleets.ts";
import { monthJson, monthLines } from "./month-report.ts";
import { simulateMonth, type SimulatedMonth } from "./month.ts";

/** A fleet that is to be simulated: one of the named ones, or what a file holds. */
export interface WantedFleet {
  readonly name: string;
  /** JSON as a fleet file has it; undefined for a named fleet. */
  readonly file?: unknown;
}

/** What is asked of a simulation. */
export interface SimulationOrder {
  /** None: all that have a name. */
  readonly fleets: readonly WantedFleet[];
  readonly days: number;
  readonly isJson: boolean;
  /** Called now and then with the part of a fleet's month that is done, 0 to 1. */
  readonly onProgress?: (fleet: string, ratio: number) => void;
}

/** 2026-11-01, a month of 30 days. */
const START_SECONDS = Date.UTC(2026, 10, 1) / 1_000;

/** As the Workers' configuration has it. */
const HOT_DAYS = 20;

/** A far source's answer, and an object in another city. */
const LATENCY = { requestMs: 100, limiterMs: 6 };

/** The bills of the fleets, as text or JSON. Throws a sentence where a fleet cannot be meant. */
export async function simulateFleets(order: SimulationOrder): Promise<string> {
  const wanted =
    order.fleets.length > 0 ? order.fleets : Array.from(FLEETS.keys(), (name) => ({ name }));
  const fleets = wanted.map((fleet) => ({ name: fleet.name, series: seriesOf(fleet) }));
  const months: { readonly name: string; readonly month: SimulatedMonth }[] = [];
  for (const { name, series } of fleets) {
    const month = await simulateMonth(series, {
      startSeconds: START_SECONDS,
      days: order.days,
      hotDays: HOT_DAYS,
      latency: LATENCY,
      onProgress: (ratio) => order.onProgress?.(name, ratio),
    });
    months.push({ name, month });
  }
  return order.isJson
    ? JSON.stringify(
        months.map(({ name, month }) => monthJson(name, month)),
        null,
        2,
      )
    : months.map(({ name, month }) => monthLines(name, month).join("\n")).join("\n\n");
}

function seriesOf({ name, file }: WantedFleet): readonly FleetSeries[] {
  if (file !== undefined) {
    return expandFleet(file);
  }
  const series = namedFleet(name);
  if (series === undefined) {
    throw new Error(`there is no fleet ${name}: ${[...FLEETS.keys()].join(", ")}, or a JSON file`);
  }
  return series;
}
