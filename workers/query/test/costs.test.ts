import { env } from "cloudflare:workers";
import { BILLED_ITEMS } from "@candlehouse/shared/core/cost";
import { newTally } from "@candlehouse/shared/core/ledger";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { costsSchema } from "../src/operations-schemas.ts";
import { problemIn } from "./answers.ts";
import { didWork, rowsReadFor, workerAt } from "./ledger-rows.ts";

const DAY = 86_400;
const NOVEMBER = Date.UTC(2026, 10) / 1_000;
/** A third of the month is over. */
const NOW = NOVEMBER + 10 * DAY;

/** A producer that answers `body` to whatever it is asked. */
function producerSaying(body: unknown) {
  return { fetch: async () => Response.json(body) };
}

async function costs(query = "", nowSeconds = NOW, budget: unknown = null) {
  const PRODUCER = producerSaying({ budget });
  const response = await workerAt(nowSeconds, { PRODUCER })(`/v1/costs${query}`);
  expect(response.status).toBe(200);
  return { response, body: costsSchema.parse(await response.json()) };
}

beforeEach(async () => {
  await env.DB.batch(
    ["cost_ledger", "archive_files", "archive_changes"].map((table) =>
      env.DB.prepare(`DELETE FROM ${table}`),
    ),
  );
});

describe("GET /v1/costs", () => {
  test("sums the running month by what is billed, by work and by day", async () => {
    await didWork("store", NOVEMBER, { runs: 1, rows_written: 40_000_000, queue_operations: 10 });
    await didWork("store", NOVEMBER + 2 * DAY, { runs: 2, rows_written: 20_000_000 });
    await didWork("archive", NOVEMBER + 2 * DAY + 7_200, { runs: 3, class_a: 5, steps: 12 });
    await didWork("store", NOVEMBER - 1, { rows_written: 999 });
    const { body } = await costs();
    expect(body).toMatchObject({ month: "2026-11", at: NOW });
    expect(body.elapsed_ratio).toBeCloseTo(1 / 3, 10);
    expect(body.works).toEqual([
      { work: "store", ...newTally(), runs: 3, rows_written: 60_000_000, queue_operations: 10 },
      { work: "archive", ...newTally(), runs: 3, class_a: 5, steps: 12 },
    ]);
    expect(body.days).toEqual([
      { day: "2026-11-01", ...newTally(), runs: 1, rows_written: 40_000_000, queue_operations: 10 },
      {
        day: "2026-11-03",
        ...newTally(),
        runs: 5,
        rows_written: 20_000_000,
        class_a: 5,
        steps: 12,
      },
    ]);
    expect(body.items.find(({ item }) => item === "rows_written")).toEqual({
      item: "rows_written",
      name: "D1 rows written",
      unit: "rows",
      used: 60_000_000,
      included: 50_000_000,
      projected: 180_000_000,
      used_ratio: 1.2,
      projected_ratio: 3.6,
      price: { usd: 1, per: 1_000_000 },
      projected_usd: 130,
    });
    expect(body.projected_usd).toBe(135);
    expect(body.plan).toEqual({ name: "Workers Paid", usd_a_month: 5 });
    expect(body.not_counted.length).toBeGreaterThan(0);
  });

  test("of a new system is the plan's fee, with a line for each thing that is billed", async () => {
    const { body } = await costs();
    expect(body.items.map(({ item }) => item)).toEqual(BILLED_ITEMS.map(({ item }) => item));
    expect(body).toMatchObject({ works: [], days: [], projected_usd: 5 });
  });

  test("tells what lies in the database now, as the platform counts it", async () => {
    const { body } = await costs();
    const line = body.items.find(({ item }) => item === "d1_storage");
    expect(line?.used).toBeGreaterThan(4_096);
    expect(line?.projected).toBe(line?.used);
  });

  test("of a month that is over is what was used, without what lies in storage", async () => {
    await didWork("store", NOVEMBER - DAY, { rows_written: 7 });
    const { body } = await costs("?month=2026-10");
    expect(body).toMatchObject({ month: "2026-10", elapsed_ratio: 1 });
    expect(body.items.find(({ item }) => item === "rows_written")).toMatchObject({
      used: 7,
      projected: 7,
    });
    expect(body.items.map(({ item }) => item)).not.toContain("d1_storage");
  });

  test("reads two rows an hour and work, one of them to sum", async () => {
    for (let hour = 0; hour < 48; hour += 1) {
      await didWork("store", NOVEMBER + hour * 3_600, { runs: 1 });
      await didWork("collect", NOVEMBER + hour * 3_600, { runs: 1 });
    }
    const { response, body } = await costs();
    expect(body.days).toHaveLength(2);
    expect(rowsReadFor(response)).toBeGreaterThanOrEqual(96);
    expect(rowsReadFor(response)).toBeLessThanOrEqual(2 * 96 + 10);
  });

  test("tells what the budget says, of the running month alone", async () => {
    const budget = { usd: 10, state: "slowed", reason: "slowed by the budget: it is short" };
    expect((await costs("", NOW, budget)).body.budget).toEqual(budget);
    expect((await costs("?month=2026-10", NOW, budget)).body.budget).toBeNull();
    expect((await costs()).body.budget).toBeNull();
  });

  test("tells all else where the producer does not tell the budget", async () => {
    const output = vi.spyOn(console, "error").mockImplementation(() => undefined);
    for (const PRODUCER of [
      producerSaying({ budget: { usd: "much" } }),
      { fetch: () => Promise.reject(new Error("no such Worker")) },
    ]) {
      const response = await workerAt(NOW, { PRODUCER })("/v1/costs");
      expect(costsSchema.parse(await response.json())).toMatchObject({
        budget: null,
        projected_usd: 5,
      });
      expect(output).toHaveBeenLastCalledWith(expect.stringContaining("did not tell the budget"));
    }
    output.mockRestore();
  });

  test("is kept for a while, each month for itself", async () => {
    const get = workerAt(NOW, { PRODUCER: producerSaying({ budget: null }) });
    await get("/v1/costs");
    await didWork("store", NOW, { runs: 1 });
    expect((await get("/v1/costs")).headers.get("server-timing")).toBe("cache;desc=hit");
    const october = costsSchema.parse(await (await get("/v1/costs?month=2026-10")).json());
    expect(october.month).toBe("2026-10");
    const past = await get("/v1/costs", { "cache-control": "no-cache" });
    expect(costsSchema.parse(await past.json()).works).toHaveLength(1);
  });

  test.each(["2026-12", "2026-13", "november", "2026-11-01", ""])(
    "refuses the month %j",
    async (month) => {
      const problem = await problemIn(await workerAt(NOW)(`/v1/costs?month=${month}`));
      expect(problem).toMatchObject({ status: 400, parameter: "month" });
      expect(problem.detail).toContain("a month that has begun");
    },
  );
});
