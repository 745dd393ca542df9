import { readMonth } from "@candlehouse/shared/d1/read-cost";
import { readSpending } from "@candlehouse/shared/d1/read-spending";
import { joinDatabases } from "@candlehouse/shared/d1/databases";
import { beforeEach, expect, test } from "vitest";
import { emptyDatabases, THREE } from "./several.ts";

beforeEach(() => emptyDatabases(...THREE));

test("the budget counts what lies in all databases, as the bill does", async () => {
  const month = { start: Date.UTC(2026, 10) / 1_000, end: Date.UTC(2026, 11) / 1_000 };
  const db = joinDatabases(THREE);
  const { databaseBytes } = await readSpending(db, month.start + 86_400);
  expect(databaseBytes).toBe((await readMonth(db, month)).databaseBytes);
  const [first] = THREE;
  expect(databaseBytes).toBeGreaterThan(first ? (await readMonth(first, month)).databaseBytes : 0);
});
