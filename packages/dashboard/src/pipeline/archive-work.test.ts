import { describe, expect, it } from "vitest";
import { hasEnded, progressOf } from "./run-progress.ts";
import { addVerification, NOTHING_VERIFIED, verifiedRatio } from "./verify-archive.ts";

describe("a verification in steps", () => {
  const step = { ...NOTHING_VERIFIED, partitions: 2, files: 3, bytes: 10, left: 6 };

  it("adds up what was read, and goes by what is left last", () => {
    const damaged = [{ key: "candles/a.parquet", damage: "its hash differs" }];
    const found = addVerification(step, { ...step, damaged, left: 4 });
    expect(found).toEqual({ partitions: 4, files: 6, bytes: 20, damaged, chains: [], left: 4 });
    expect(verifiedRatio(found)).toBe(0.5);
  });

  it("has no ratio where there is nothing to read", () => {
    expect(verifiedRatio(NOTHING_VERIFIED)).toBeNull();
  });
});

describe("runs of the archiver", () => {
  const output = { key: "a", rows: 9, added: 5, same: 0, revised: 0, deleted: 4 };

  it("are summed up by those that ended", () => {
    expect(
      progressOf([
        { id: "one", status: "complete", output },
        { id: "two", status: "running" },
        { id: "three", status: "errored", error: "R2 does not answer" },
        { id: "four", status: "terminated" },
      ]),
    ).toEqual({
      ended: 3,
      added: 5,
      deleted: 4,
      failed: [
        { id: "three", error: "R2 does not answer" },
        { id: "four", error: "terminated" },
      ],
    });
  });

  it("that wait have not ended", () => {
    expect(["queued", "running", "waiting", "paused"].some((status) => hasEnded({ status }))).toBe(
      false,
    );
  });
});
