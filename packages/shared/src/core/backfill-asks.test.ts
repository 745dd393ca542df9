import { array, assert, constantFrom, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { answersOf, explainMissing, type Answer, type Refusal } from "./backfill-asks.ts";
import { clipRuns, countRuns, findRuns, type Run } from "./missing.ts";

const at = (minute: number): number => 1_700_000_040 + minute * 60;
const run = (from: number, to: number): Run => ({ start: at(from), end: at(to) });
const MINUTES = 60;
const STRETCH = run(0, MINUTES);

function answered(range: Run, absent: number, rejected: readonly number[] = []): Answer {
  return { ...range, outcome: "answered", absent, rejected };
}

describe("what is missing", () => {
  test("is explained by an answer that said so", () => {
    expect(explainMissing([run(2, 5)], [answered(run(0, 10), 3)], "1m")).toEqual({
      absent: 3,
      rejected: 0,
      beyondReach: 0,
      open: [],
    });
  });

  test("is asked for again where more is missing than the answer said", () => {
    const runs = [run(2, 5), run(7, 8)];
    expect(explainMissing(runs, [answered(run(0, 10), 3)], "1m").open).toEqual(runs);
  });

  test("is open where nobody asked, or the source failed", () => {
    const failed: Answer = { ...run(0, 10), outcome: "failed", absent: 3, rejected: [] };
    expect(explainMissing([run(2, 5), run(12, 14)], [failed], "1m")).toEqual({
      absent: 0,
      rejected: 0,
      beyondReach: 0,
      open: [run(2, 5), run(12, 14)],
    });
  });

  test("is told apart: rejected, beyond reach, absent", () => {
    const beyond: Answer = { ...run(0, 10), outcome: "beyond_reach", absent: 10, rejected: [] };
    const answers = [beyond, answered(run(10, 20), 3, [at(15)])];
    expect(explainMissing([run(0, 10), run(12, 16)], answers, "1m")).toEqual({
      absent: 3,
      rejected: 1,
      beyondReach: 10,
      open: [],
    });
  });

  test("needs a rejected candle no more once it is held", () => {
    const answers = [answered(run(0, 20), 1, [at(15)])];
    expect(explainMissing([run(3, 4)], answers, "1m")).toMatchObject({ absent: 1, rejected: 0 });
  });
});

/** What a source did with each of sixty minutes: 0 held before, and so on. */
const fates = array(
  constantFrom("held", "found", "lost", "absent", "rejected", "failed", "beyond"),
  { minLength: MINUTES, maxLength: MINUTES },
);

function refusal(outcome: Refusal["outcome"]) {
  return (range: Run) => ({ ...range, outcome, code: null, reason: outcome });
}

function runsWith(all: readonly string[], wanted: readonly string[]): Run[] {
  const others = all.flatMap((fate, minute) => (wanted.includes(fate) ? [] : at(minute)));
  return findRuns(others, { from: STRETCH.start, to: STRETCH.end }, "1m");
}

describe("the answers that are recorded for a stretch", () => {
  const NOT_HELD = ["found", "lost", "absent", "rejected", "failed", "beyond"];

  test("explain exactly what the source did not have, whatever came", () => {
    assert(
      property(fates, (drawn) => {
        const all = drawn.map((fate) => (fate === "lost" ? "found" : fate));
        const answers = record(all);
        const missing = runsWith(all, ["absent", "rejected", "failed", "beyond"]);
        const explained = explainMissing(missing, answers, "1m");
        const count = (fate: string): number => all.filter((one) => one === fate).length;
        expect(explained).toMatchObject({
          absent: count("absent"),
          rejected: count("rejected"),
          beyondReach: count("beyond"),
        });
        expect(countRuns(explained.open, "1m")).toBe(count("failed"));
      }),
    );
  });

  test("never explain a candle that was found and is not held", () => {
    assert(
      property(fates, (all) => {
        const missing = runsWith(all, ["lost", "absent", "rejected", "failed", "beyond"]);
        const { open } = explainMissing(missing, record(all), "1m");
        const lost = runsWith(all, ["lost"]);
        expect(
          countRuns(
            lost.flatMap((one) => clipRuns(open, one)),
            "1m",
          ),
        ).toBe(countRuns(lost, "1m"));
      }),
    );
  });

  test("name a hundred rejected candles at most, and explain all of them", () => {
    const stretch = run(0, 250);
    const rejected = Array.from({ length: 230 }, (_, minute) => at(minute + 10));
    const learned = { wanted: [stretch], found: [at(3)], rejected, refused: [] };
    const answers = answersOf(stretch, learned, "1m");
    expect(answers.map((answer) => answer.rejected.length)).toEqual([100, 100, 30]);
    expect(explainMissing([run(0, 3), run(4, 250)], answers, "1m")).toEqual({
      absent: 19,
      rejected: 230,
      beyondReach: 0,
      open: [],
    });
  });

  function record(all: readonly string[]) {
    const timesOf = (...wanted: readonly string[]): number[] =>
      all.flatMap((fate, minute) => (wanted.includes(fate) ? at(minute) : []));
    return answersOf(
      STRETCH,
      {
        wanted: runsWith(all, NOT_HELD),
        found: timesOf("found", "lost"),
        rejected: timesOf("rejected"),
        refused: [
          ...runsWith(all, ["failed"]).map(refusal("failed")),
          ...runsWith(all, ["beyond"]).map(refusal("beyond_reach")),
        ],
      },
      "1m",
    );
  }
});
