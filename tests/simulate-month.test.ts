import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

const SCRIPT = new URL("../scripts/simulate-month.ts", import.meta.url).pathname;

const months = z.array(
  z.looseObject({
    fleet: z.string(),
    series: z.int(),
    candles: z.int(),
    usd: z.number(),
    rowsWrittenACandle: z.number(),
    queueOperationsACandle: z.number(),
    leastQueueOperationsACandle: z.number(),
    items: z.array(z.looseObject({ item: z.string(), used: z.number(), usd: z.number() })),
  }),
);

function simulate(...options: string[]) {
  return spawnSync("node", [SCRIPT, ...options], { encoding: "utf8" });
}

describe("npm run simulate-month", () => {
  let directory: string;
  let fleets: z.output<typeof months>;

  beforeAll(() => {
    directory = mkdtempSync(`${tmpdir()}/candlehouse-`);
    const ended = simulate("--json", "--fleet", "tokens-13-hourly", "--fleet", "tokens-25");
    if (ended.stderr !== "") {
      throw new Error(ended.stderr);
    }
    fleets = months.parse(JSON.parse(ended.stdout));
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  test("holds the named fleets to what they may cost", () => {
    const [hourly, tokens] = fleets;
    expect(hourly).toMatchObject({ series: 39, candles: 39 * 24 * 30, usd: 5 });
    expect(tokens).toMatchObject({ series: 375, candles: 75 * 1_849 * 30 });
    expect(tokens?.rowsWrittenACandle).toBeLessThan(2.2);
    // No fuller messages are possible: a source closes 25 candles in most minutes.
    expect(tokens?.queueOperationsACandle).toBe(tokens?.leastQueueOperationsACandle);
    expect(tokens?.queueOperationsACandle).toBeLessThan(0.34);
    expect(tokens?.usd).toBeLessThan(5.25);
  });

  test("prints what docs/capacity.md says of them", () => {
    const document = readFileSync(new URL("../docs/capacity.md", import.meta.url), "utf8");
    const said = (row: string): string[] => {
      const line = document.split("\n").find((one) => one.startsWith(`| ${row} `)) ?? "";
      return line
        .split("|")
        .slice(2, 4)
        .map((cell) => cell.replaceAll("*", "").trim());
    };
    const used = (item: string): string[] =>
      fleets.map(({ items }) =>
        (items.find((one) => one.item === item)?.used ?? 0).toLocaleString("en-US"),
      );
    expect(said("D1 rows written, of 50 M")).toEqual(used("rows_written"));
    expect(said("Queue operations, of 1 M")).toEqual(used("queue_operations"));
    expect(said("Durable Object requests, of 1 M")).toEqual(used("object_requests"));
    expect(said("Workers requests, of 10 M")).toEqual(used("requests"));
    expect(said("rows written a candle, its life long")).toEqual(
      fleets.map(({ rowsWrittenACandle }) => rowsWrittenACandle.toFixed(2)),
    );
    expect(said("**in all, with $5 for the plan**")).toEqual(
      fleets.map(({ usd }) => `$${usd.toFixed(2)}`),
    );
  });

  test("takes a fleet file, and prints a bill of its days", () => {
    const file = `${directory}/fleet.json`;
    const fleet = { binance: { quote: "USDT", timeframes: ["1m"] } };
    writeFileSync(file, JSON.stringify({ tiers: { "1": ["BTC", "ETH"] }, sources: fleet }));
    const { stdout, stderr } = simulate("--fleet", file, "--days", "1");
    expect(stderr).toBe("");
    expect(stdout).toContain("2 series, 2,880 candles in 1 day");
    // A message a minute, of two candles.
    expect(stdout).toMatch(/Queue operations +4,320 /);
    expect(stdout).toContain("in all $5.00");
  });

  test.each([
    [["--fleet", "nobody"], "there is no fleet nobody"],
    [["--days", "0"], "--days is a whole number from 1 to 366, not 0"],
    [["--fleet", "/nowhere/fleet.json"], "ENOENT"],
  ])("refuses %j with a sentence", (options, sentence) => {
    const ended = simulate(...options);
    expect(ended.status).toBe(2);
    expect(ended.stdout).toBe("");
    expect(ended.stderr).toContain(sentence);
  });
});
