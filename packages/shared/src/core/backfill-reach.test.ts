import { assert, constantFrom, integer, nat, property } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  afterEdge,
  afterProbe,
  probeEdge,
  probeReach,
  searchEdge,
  searchReach,
  type ReachSearch,
} from "./backfill-reach.ts";
import { countRuns, type Run } from "./missing.ts";
import { addCandles, openTimeOf, type Timeframe } from "./timeframe.ts";

const DAY = 86_400;

/** Searches a stretch of which the source gives what opens at `reach` or later. */
function searchAll(run: Run, timeframe: Timeframe, reach: number) {
  const tooOld: Run[] = [];
  const came: Run[] = [];
  let search: ReachSearch = searchReach(run);
  for (let requests = 1; ; requests += 1) {
    const probe = probeReach(search, timeframe);
    if (probe === undefined) {
      tooOld.push({ start: search.start, end: search.end });
      return { tooOld, came, requests };
    }
    const isGiven = probe.start >= reach;
    if (isGiven) {
      came.push(probe);
    }
    const after = afterProbe(search, probe, isGiven);
    tooOld.push(...(after.tooOld === null ? [] : [after.tooOld]));
    ({ search } = after);
  }
}

describe("the search for a source's reach", () => {
  test("gives up as too old no more than a day of what the source gives", () => {
    assert(
      property(
        constantFrom<Timeframe>("1m", "1h", "1d"),
        integer({ min: 2, max: 40_000 }),
        nat(40_000),
        (timeframe, candles, old) => {
          const start = openTimeOf(1_700_000_000, timeframe);
          const run = { start, end: addCandles(start, timeframe, candles) };
          const reach = addCandles(start, timeframe, Math.min(old + 1, candles));
          const { tooOld, came, requests } = searchAll(run, timeframe, reach);
          expect(countRuns([...tooOld, ...came], timeframe)).toBe(candles);
          expect(came.every((one) => one.start >= reach)).toBe(true);
          const lost = tooOld.filter(({ end }) => end > reach);
          expect(lost.every(({ end }) => end - reach <= DAY)).toBe(true);
          expect(requests).toBeLessThanOrEqual(20);
        },
      ),
    );
  });

  test("takes one request more where all of the stretch is too old", () => {
    const start = openTimeOf(1_700_000_000, "1m");
    const run = { start, end: start + 30 * DAY };
    expect(searchAll(run, "1m", run.end)).toMatchObject({ requests: 2, came: [] });
  });
});

/** Searches a silent stretch of a source that refuses what ends at `reach` or earlier. */
function searchSilent(run: Run, timeframe: Timeframe, reach: number) {
  let edge = searchEdge(run);
  for (let requests = 0; edge !== undefined; requests += 1) {
    const probe = probeEdge(edge, timeframe);
    if (probe === undefined) {
      return { givenFrom: edge.givenFrom, requests };
    }
    edge = afterEdge(edge, probe, probe.end > reach);
  }
  return { givenFrom: run.start, requests: 0 };
}

describe("the search for the reach in what is silent", () => {
  test("finds it to a day, with requests of a day each", () => {
    assert(
      property(
        constantFrom<Timeframe>("1m", "1h", "1d"),
        integer({ min: 2, max: 40_000 }),
        nat(41_000 * 60),
        (timeframe, candles, minutes) => {
          const start = openTimeOf(1_700_000_000, timeframe);
          const run = { start, end: addCandles(start, timeframe, candles) };
          const reach = Math.min(run.end, start + (minutes - 1_000) * 60);
          const { givenFrom, requests } = searchSilent(run, timeframe, reach);
          expect(givenFrom).toBeGreaterThanOrEqual(Math.min(run.end, reach - 2 * DAY));
          expect(givenFrom - Math.max(start, reach)).toBeLessThanOrEqual(DAY);
          expect(requests).toBeLessThanOrEqual(18);
        },
      ),
    );
  });

  test("takes one request where the stretch is not too old", () => {
    const start = openTimeOf(1_700_000_000, "1d");
    const run = { start, end: start + 300 * DAY };
    expect(searchSilent(run, "1d", start)).toEqual({ givenFrom: start, requests: 1 });
  });

  test("is not worth a request in a day", () => {
    expect(searchEdge({ start: 0, end: DAY })).toBeUndefined();
  });
});
