import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Client } from "../src/client.ts";
import { Marks } from "../src/import/marks.ts";
import { planImport } from "../src/import/plan-import.ts";
import { runImport } from "../src/import/run-import.ts";

const LARGE_BYTES = 10_000_001;

/** What the system answers to any file. */
const ANSWER = {
  id: "1",
  format: "kraken",
  columns: null,
  time_unit: "auto",
  series: "kraken:BTC-USD:1h",
  state: "complete",
  known: false,
  rows_read: 1,
  stored: 1,
  duplicate: 0,
  revised: 0,
  rejected: 0,
  rejected_open: 0,
  rejections: [],
  unused_columns: [],
  first_timestamp: 1_767_225_600,
  last_timestamp: 1_767_225_600,
  sha256: "",
  message: null,
};

test("files of more than ten megabytes go one at a time, smaller ones beside them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "candlehouse-turns-"));
  const sizes = [LARGE_BYTES, LARGE_BYTES, LARGE_BYTES, 100, 100];
  const found = sizes.map((bytes, index) => {
    const shown = `${"ABCDE".charAt(index)}AAUSD_60.csv`;
    const path = join(folder, shown);
    writeFileSync(path, "1".repeat(bytes));
    return { path, shown, bytes, modifiedMs: 0, checksumPath: undefined };
  });
  let [atOnce, largeAtOnce, most, mostLarge] = [0, 0, 0, 0];
  const client: Client = {
    url: "http://here",
    ask: (schema) => Promise.resolve(schema.parse({ imports: [], next_cursor: null })),
    open: () => Promise.reject(new Error("nothing is opened")),
    upload: async (schema, { bytes, query }) => {
      const large = bytes === LARGE_BYTES ? 1 : 0;
      atOnce += 1;
      largeAtOnce += large;
      most = Math.max(most, atOnce);
      mostLarge = Math.max(mostLarge, largeAtOnce);
      await sleep(20);
      atOnce -= 1;
      largeAtOnce -= large;
      return schema.parse({ ...ANSWER, name: query["name"], bytes });
    },
  };
  const results = await runImport(
    client,
    planImport(found, {}, new Map(), () => false),
    { keep: true, again: false, stopOnError: false },
    new Marks(client.url),
    { report: () => undefined, end: () => undefined },
  );
  expect(results.map(({ shown, state }) => [shown, state])).toEqual(
    found.map(({ shown }) => [shown, "complete"]),
  );
  expect({ mostLarge, isBeside: most > 1 }).toEqual({ mostLarge: 1, isBeside: true });
});
