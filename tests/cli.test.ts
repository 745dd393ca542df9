import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli, type Ended } from "../packages/cli/test/run-cli.ts";
import { startSystem, type System } from "./system.ts";

const NOW_MS = Date.UTC(2026, 5, 20, 12, 0, 20);
const HOUR = 3_600;
const DAY = 86_400;
/** The hour in which the clock of the test begins. */
const NOW = Date.UTC(2026, 5, 20, 12) / 1_000;

describe("the command line, against the Workers", () => {
  let system: System;
  let url = "";
  const folder = mkdtempSync(join(tmpdir(), "candlehouse-cli-"));

  beforeAll(async () => {
    system = await startSystem({ startMs: NOW_MS });
    url = (await system.harness.listen()).url.origin;
  });

  afterAll(() => system.close());

  function run(...commandLine: readonly string[]): Promise<Ended> {
    return runCli([...commandLine, "--url", url], { directory: folder });
  }

  /** The answer as JSON. Fails where the command does. */
  async function runJson<Answer>(...commandLine: readonly string[]): Promise<Answer> {
    const { code, out, err } = await run(...commandLine, "--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    return JSON.parse(out) as Answer;
  }

  test("adds series, lists them, and gives them a tier", async () => {
    const added = await run("series", "add", "binance:BTC-USDT:1h", "kraken:XBT-USD:1h");
    expect(added).toMatchObject({ code: 0, err: "" });
    expect(added.out).toContain("added  kraken:BTC-USD:1h");
    expect(await run("series", "tier", "3", "--asset", "BTC", "--yes")).toMatchObject({
      code: 0,
      out: "changed 2 of 2 series\n",
    });
    await run("series", "disable", "kraken:BTC-USD:1h");
    const { series } = await runJson<{ series: object[] }>("series");
    expect(series).toMatchObject([
      { id: "binance:BTC-USDT:1h", tier: 3, enabled: true },
      { id: "kraken:BTC-USD:1h", tier: 3, enabled: false },
    ]);
  });

  test("sets what is known of an asset", async () => {
    await run("assets", "set", "BTC", "--tier", "2", "--alias", "BITCOIN");
    const { assets } = await runJson<{ assets: { ticker: string }[] }>("assets", "--tier", "2");
    expect(assets.find(({ ticker }) => ticker === "BTC")).toMatchObject({
      tier: 2,
      assigned: "hand",
      aliases: expect.arrayContaining(["BITCOIN"]),
    });
    const found = await runJson<{ series: object[] }>("series", "--asset", "BITCOIN");
    expect(found.series).toHaveLength(2);
  });

  test("triggers, and exports what was stored", async () => {
    expect((await run("trigger", "kraken:BTC-USD:1h", "--limit", "10")).out).toMatch(
      /^Queued 10 candles for BTC-USD in 1 batch/,
    );
    await system.until("ten candles are stored", async () =>
      (await system.rows("SELECT 1 FROM price_data WHERE source = 'kraken'")).length === 10
        ? true
        : undefined,
    );
    const lines = (await run("export", "kraken:BTC-USD:1h", "--days", "2")).out
      .trim()
      .split("\r\n");
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toMatch(new RegExp(`^kraken,BTC-USD,1h,${NOW - HOUR},`));
    expect(await run("export", "kraken:BTC-USD:1h", "-o", "out.ndjson")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^wrote 10 candles of kraken:BTC-USD:1h to out.ndjson/),
    });
    const stored = readFileSync(join(folder, "out.ndjson"), "utf8").trim().split("\n");
    expect(JSON.parse(stored[9] ?? "")).toMatchObject({ timestamp: NOW - HOUR });
  });

  test("shows what a backfill would fetch, fetches it, and tells what came of it", async () => {
    const range = ["--start", "2026-06-10", "--end", "2026-06-12"];
    const plan = await runJson("backfill", "binance:BTC-USDT:1h", ...range, "--dry-run");
    expect(plan).toMatchObject({ dry_run: true, jobs: [{ candles_due: 48, missing: 48 }] });
    const ended = await run("backfill", "binance:BTC-USDT:1h", ...range);
    expect(ended.code).toBe(0);
    expect(ended.out).toMatch(/binance:BTC-USDT:1h +complete .* 48 +48 +0 /);
    const { jobs } = await runJson<{ jobs: object[] }>("backfill", "list");
    expect(jobs).toMatchObject([{ series: "binance:BTC-USDT:1h", state: "complete" }]);
    const again = await runJson("backfill", "binance:BTC-USDT:1h", ...range, "--dry-run");
    expect(again).toMatchObject({ jobs: [{ missing: 0 }] });
  });

  test("finds what is missing, says why, and repairs it", async () => {
    // Between what the backfill fetched and two days later nobody asked.
    const range = ["--start", "2026-06-10", "--end", "2026-06-14"];
    await run("trigger", "binance:BTC-USDT:1h", "--limit", "5");
    await system.until("the newest hour is stored", async () => {
      const rows = await system.rows(
        "SELECT 1 FROM price_data WHERE source = 'binance' AND timestamp = ?",
        NOW - HOUR,
      );
      return rows.length === 1 ? true : undefined;
    });
    const scan = await runJson("gaps", "scan", "binance:BTC-USDT:1h", ...range);
    expect(scan).toMatchObject({ series: 1, candles_missing: 48, classes: { collector_miss: 48 } });
    const { gaps } = await runJson<{ gaps: object[] }>("gaps", "--asset", "BTC");
    expect(gaps).toMatchObject([
      { series: "binance:BTC-USDT:1h", missing: 48, class: "collector_miss", state: "open" },
    ]);
    expect(await run("gaps", "--csv", "gaps.csv")).toMatchObject({
      out: "wrote 1 gap to gaps.csv\n",
    });
    expect(readFileSync(join(folder, "gaps.csv"), "utf8")).toMatch(
      /^asset_ticker,tier,.*\r?\nBTC,/,
    );
    const repair = await run("repair", "--asset", "BTC", "--yes");
    expect(repair.code).toBe(0);
    expect(repair.out).toMatch(/binance:BTC-USDT:1h +complete/);
    await run("gaps", "scan", "binance:BTC-USDT:1h", ...range);
    expect(await runJson("gaps")).toMatchObject({ gaps: [] });
  });

  test("tells how complete a series is", async () => {
    const range = ["--start", "2026-06-10", "--end", "2026-06-14"];
    const answer = await runJson("completeness", "binance:BTC-USDT:1h", ...range);
    expect(answer).toMatchObject({
      series: [{ series: "binance:BTC-USDT:1h", expected: 96, held: 96, missing: 0, ratio: 1 }],
      total: { expected: 96, held: 96 },
    });
  });

  test("imports a folder, lists what it refuses, and stores nothing the second time", async () => {
    const files = join(folder, "history");
    mkdirSync(files);
    const from = NOW - 400 * DAY;
    const rows = Array.from({ length: 30 }, (_, index) => `${from + index * HOUR},1,3,0.5,2,10,4`);
    writeFileSync(join(files, "ETHUSD_60.csv"), [...rows, "nonsense", ""].join("\n"));
    writeFileSync(join(files, "SOLUSD_60.csv"), "");
    writeFileSync(join(files, "XRPUSD_60.csv"), "neither\nnor\n");
    const first = await run("import", "history", "--yes", "--keep");
    expect(first).toMatchObject({ code: 3, err: "" });
    expect(first.out).toMatch(/ETHUSD_60.csv:31: /);
    expect(first.out).toMatch(/XRPUSD_60.csv: /);
    expect(first.out).toMatch(
      /30 candles stored, 0 known before, 1 row rejected, 1 file not taken\n$/,
    );
    const marked = await run("import", "history/ETHUSD_60.csv", "--yes", "--keep");
    expect(marked).toMatchObject({ code: 0, out: expect.stringContaining("1 file done before") });
    const second = await run("import", "history/ETHUSD_60.csv", "--yes", "--keep", "--again");
    expect(second.out).toMatch(
      /imported 1 file: 0 candles stored, 30 known before, 1 row rejected\n$/,
    );
    expect(readdirSync(files)).toContain("XRPUSD_60.csv");
    const { candles } = (await (
      await fetch(`${url}/v1/candles?series=kraken:ETH-USD:1h&start=${from}&limit=50`)
    ).json()) as { candles: object[] };
    expect(candles).toHaveLength(30);
  });

  test("archives, verifies and rebuilds the catalogue", async () => {
    expect(await run("archive")).toMatchObject({ code: 0 });
    expect(await run("verify")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^read \d+ files? .*every byte is as it was written/),
    });
    expect(await runJson("rebuild-catalog")).toMatchObject({ problems: [] });
  });

  test("tells everything at a glance", async () => {
    await system.tick();
    const { code, out } = await run("status");
    const lines = out.split("\n");
    expect(lines.slice(0, 3)).toEqual([
      `Candlehouse at ${url}`,
      expect.stringMatching(/^ok, its clock shows 2026-06-20 12:\d\d UTC$/),
      "",
    ]);
    expect(lines.filter((line) => /^[✓!]/.test(line))).toEqual([
      expect.stringMatching(/^✓ sources +1 ok, 0 failing, \d off$/),
      "✓ series        1 collected, none late or failing",
      "✓ jobs          none open",
      "✓ gaps          none open",
      "✓ dead letters  none open",
      expect.stringMatching(/^✓ archive +\d+ files?, \d+ candles, .*B$/),
    ]);
    expect(lines.slice(-2)).toEqual(["nothing needs you", ""]);
    expect(code).toBe(0);
  });

  test("lists what could not be stored, and says at a glance that there is some", async () => {
    expect(await run("dead-letters")).toMatchObject({ code: 0, out: "no open dead letter\n" });
    // Its high is below its low: such a candle can never be stored.
    const openMs = (NOW - HOUR) * 1_000;
    const closeMs = openMs + HOUR * 1_000 - 1;
    const body = [[openMs, "1", "0.5", "2", "1.5", "10", closeMs, "10", 3, "1", "1", "0"]];
    system.simulator.inject({ kind: "status", symbol: "XRPUSDT", status: 200, body });
    await run("trigger", "binance:XRP-USDT:1h", "--limit", "1");
    await system.until("it is a dead letter", async () =>
      (await system.rows("SELECT 1 FROM dead_letters")).length === 1 ? true : undefined,
    );
    const { dead_letters: letters } = await runJson<{ dead_letters: object[] }>("dead-letters");
    expect(letters).toMatchObject([{ source: "binance", state: "open", candles: 1 }]);
    const status = await run("status", "--json");
    expect(status.code).toBe(3);
    expect(JSON.parse(status.out)).toMatchObject({
      health: { status: "ok" },
      dead_letters: { open: 1 },
      problems: 1,
    });
  });
});
