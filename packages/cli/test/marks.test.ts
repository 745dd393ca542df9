import { mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MARK_FILE, Marks } from "../src/import/marks.ts";

function fileIn(folder: string, name: string) {
  return {
    path: join(folder, name),
    shown: name,
    bytes: 9,
    modifiedMs: 5,
    checksumPath: undefined,
  };
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), "candlehouse-marks-"));
}

test("a mark says that a file was imported at this address, as long as it does not change", async () => {
  const folder = newFolder();
  const file = fileIn(folder, "a.csv");
  await new Marks("http://here").add(file, "kraken:BTC-USD:1h", 3);
  const marks = new Marks("http://here");
  expect(marks.has(file)).toBe(true);
  expect(marks.has({ ...file, bytes: 10 })).toBe(false);
  expect(marks.has({ ...file, modifiedMs: 6 })).toBe(false);
  expect(marks.has(fileIn(folder, "b.csv"))).toBe(false);
  expect(new Marks("http://there").has(file)).toBe(false);
});

test("marks that are set at the same time are all kept", async () => {
  const folder = newFolder();
  const marks = new Marks("http://here");
  const files = Array.from({ length: 20 }, (_, index) => fileIn(folder, `${index}.csv`));
  await Promise.all(files.map((file) => marks.add(file, null, 1)));
  const read = new Marks("http://here");
  expect(files.filter((file) => !read.has(file))).toEqual([]);
});

test("a mark that cannot be written leaves those behind it be written", async () => {
  const folder = newFolder();
  const marks = new Marks("http://here");
  // The place where a mark is written first is taken.
  mkdirSync(join(folder, `${MARK_FILE}.part`));
  await expect(marks.add(fileIn(folder, "a.csv"), null, 1)).rejects.toThrow(/EISDIR/);
  rmdirSync(join(folder, `${MARK_FILE}.part`));
  await marks.add(fileIn(folder, "b.csv"), null, 1);
  expect(new Marks("http://here").has(fileIn(folder, "b.csv"))).toBe(true);
});

test("a file in the place of the marks that is none is not passed over", () => {
  const folder = newFolder();
  writeFileSync(join(folder, MARK_FILE), "{}");
  expect(() => new Marks("http://here").has(fileIn(folder, "a.csv"))).toThrow(
    /is not what import wrote there/,
  );
});
