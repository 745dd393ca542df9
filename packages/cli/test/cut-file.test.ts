import * as fc from "fast-check";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cutFile, type FilePart } from "../src/import/cut-file.ts";

const path = join(mkdtempSync(join(tmpdir(), "candlehouse-cut-")), "file.csv");

async function cut(text: string, partBytes: number, mayCut = true): Promise<FilePart[]> {
  writeFileSync(path, text);
  const parts: FilePart[] = [];
  for await (const part of cutFile(path, Buffer.byteLength(text), mayCut, partBytes)) {
    parts.push(part);
  }
  return parts;
}

/** What is sent of each part. */
function textsOf(parts: readonly FilePart[]): string[] {
  const bytes = readFileSync(path);
  return parts.map(({ header, from, to }) => header + bytes.subarray(from, to).toString());
}

describe("a file", () => {
  test("is one part where it is small, or may not be cut", async () => {
    expect(await cut("1,2\n3,4\n", 100)).toMatchObject([{ number: 1, parts: 1, from: 0, to: 8 }]);
    expect(await cut("1,2\n3,4\n", 5, false)).toMatchObject([{ number: 1, parts: 1, to: 8 }]);
  });

  test("is cut at line ends, and each part knows its first line and its hash", async () => {
    const parts = await cut("1,2\n3,4\n5,6\n7,8\n9,0", 9);
    expect(textsOf(parts)).toEqual(["1,2\n", "3,4\n5,6\n", "7,8\n9,0"]);
    expect(parts.map(({ number, parts: all, firstLine }) => [number, all, firstLine])).toEqual([
      [1, 3, 1],
      [2, 3, 2],
      [3, 3, 4],
    ]);
    expect(parts.map(({ sha256 }) => sha256)).toEqual(
      textsOf(parts).map((text) => createHash("sha256").update(text).digest("hex")),
    );
  });

  test("is cut into parts of one size, however little is beyond the last full one", async () => {
    const text = "1381093200,122.0,123.0,121.0,122.5,1.5,7\n".repeat(100);
    const parts = await cut(text, Math.ceil(text.length / 3) - 1);
    expect(parts).toHaveLength(4);
    const sizes = parts.map(({ from, to }) => to - from);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(100);
  });

  test("that parts its cells by another character has a header only where no cell is a number", async () => {
    const rows = await cut("1;2;3\n4;5;6\n7;8;9\n", 12);
    expect(textsOf(rows).join("")).toBe("1;2;3\n4;5;6\n7;8;9\n");
    const named = await cut("a;b;c\n4;5;6\n7;8;9\n", 12);
    expect(textsOf(named)).toEqual(["a;b;c\n", "a;b;c\n4;5;6\n7;8;9\n"]);
  });

  test("sends its header with every part, so that rows keep their line numbers", async () => {
    const parts = await cut("time,open\n1,2\n3,4\n5,6\n7,8\n9,9\n", 18);
    expect(textsOf(parts)).toEqual(["time,open\n1,2\n", "time,open\n3,4\n5,6\n7,8\n9,9\n"]);
    // The header is sent as line 2, so that its first row is line 3 as in the file.
    expect(parts.map(({ firstLine }) => firstLine)).toEqual([1, 2]);
  });

  test("without a line end in 64 kB is no CSV file", async () => {
    await expect(cut("1".repeat(200_000), 100_000)).rejects.toThrow(/this is no CSV file/);
  });

  test("loses and doubles no byte, whatever its lines", async () => {
    const line = fc.stringMatching(/^\d{1,20}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 50 }),
        fc.boolean(),
        fc.integer({ min: 22, max: 100 }),
        async (lines, isEnded, partBytes) => {
          const text = lines.join("\n") + (isEnded ? "\n" : "");
          const parts = await cut(text, partBytes);
          expect(textsOf(parts).join("")).toBe(text);
          const starts = parts.map(({ from }) => text.slice(0, from).split("\n").length);
          expect(parts.map(({ firstLine }) => firstLine)).toEqual(starts);
          expect(parts.every(({ from, to }) => to - from <= partBytes)).toBe(true);
        },
      ),
    );
  });
});
