import { describe, expect, test } from "vitest";
import { decodeRuns } from "./foreign-runs.ts";

describe("runs of integers", () => {
  test("may be padded where they are packed", () => {
    // One group of eight bits, of which three are wanted.
    expect([...decodeRuns(Uint8Array.of(0b11, 0b101), 1, 3)]).toEqual([1, 0, 1]);
  });

  test("are damaged where one repeats beyond what is wanted", () => {
    expect([...decodeRuns(Uint8Array.of(3 << 1, 1), 1, 3)]).toEqual([1, 1, 1]);
    expect(() => decodeRuns(Uint8Array.of(4 << 1, 1), 1, 3)).toThrow(
      "repeats 4 times where 3 are left",
    );
  });
});
