import { describe, expect, test } from "vitest";
import { isDoubtLess, readSilence } from "./backfill-answer.ts";

const at = (minute: number): number => 1_700_000_040 + minute * 60;
const run = (from: number, to: number) => ({ start: at(from), end: at(to) });

/** A stretch of minutes that nothing came of in `silences` answers. */
const doubt = (from: number, to: number, silences: number) => ({ ...run(from, to), silences });

/** An answer to a request for the first `asked` minutes that holds `minutes`. */
function answer(minutes: readonly number[], silences = 0, asked = 10) {
  const covered = run(0, asked);
  const times = minutes.map(at);
  return { request: run(0, asked), covered, times, silences, witnesses: [], isSpoiled: false };
}

/** An answer to a request for a thousand minutes, of which `witnesses` were given before. */
function witnessed(minutes: readonly number[], witnesses: readonly number[], silences = 0) {
  return {
    ...answer(minutes, silences, 1_000),
    witnesses: witnesses.map(at),
    isSpoiled: witnesses.some((minute) => !minutes.includes(minute)),
  };
}

describe("candles that are wanted and not in an answer", () => {
  test("are absent between two candles of it", () => {
    expect(readSilence(answer([0, 1, 4, 9]), [run(0, 10)], "1m")).toEqual({
      absent: [run(2, 4), run(5, 9)],
      doubtful: [],
    });
  });

  test("are doubtful before its first and after its last candle: it may have been cut", () => {
    expect(readSilence(answer([3, 5]), [run(0, 10)], "1m")).toEqual({
      absent: [run(4, 5)],
      doubtful: [doubt(0, 3, 1), doubt(6, 10, 1)],
    });
  });

  test("are doubtful where it is empty, until three answers in a row were", () => {
    const wanted = [run(0, 10)];
    const after = (silences: number) => readSilence(answer([], silences), wanted, "1m");
    expect(after(0)).toEqual({ absent: [], doubtful: [doubt(0, 10, 1)] });
    expect(after(1)).toEqual({ absent: [], doubtful: [doubt(0, 10, 2)] });
    expect(after(2)).toEqual({ absent: wanted, doubtful: [] });
  });

  test("stay doubtful at the edges of a repeated answer that brought some", () => {
    expect(readSilence(answer([0, 1], 1), [run(0, 10)], "1m")).toEqual({
      absent: [],
      doubtful: [doubt(2, 10, 1)],
    });
  });

  test("are not known outside the part that the answer speaks for", () => {
    const partly = { ...answer([5, 7]), covered: run(5, 8) };
    expect(readSilence(partly, [run(0, 10)], "1m")).toEqual({
      absent: [run(6, 7)],
      doubtful: [],
    });
  });

  test("count only where they are wanted", () => {
    expect(readSilence(answer([0, 9]), [run(2, 4), run(6, 7)], "1m")).toEqual({
      absent: [run(2, 4), run(6, 7)],
      doubtful: [],
    });
  });

  test("are doubtful in a long stretch until four answers in a row were empty", () => {
    const wanted = [run(0, 1_000)];
    const after = (silences: number) => readSilence(answer([], silences, 1_000), wanted, "1m");
    expect(after(0).doubtful).toEqual([doubt(0, 1_000, 1)]);
    expect(after(2).doubtful).toEqual([doubt(0, 1_000, 3)]);
    expect(after(3)).toEqual({ absent: wanted, doubtful: [] });
  });

  test("need four empty answers more where an answer ended long before them", () => {
    const { doubtful } = readSilence(answer([0], 3, 1_000), [run(0, 1_000)], "1m");
    expect(doubtful).toEqual([doubt(1, 1_000, 0)]);
  });
});

describe("candles that are asked for along with what the source gave before", () => {
  const wanted = [run(1, 999)];
  test("are absent at once where those on both sides come again", () => {
    expect(readSilence(witnessed([0, 999], [0, 999]), wanted, "1m").absent).toEqual(wanted);
  });

  test("are known no better after an answer that lacks one, however often", () => {
    for (const minutes of [[], [0]]) {
      expect(readSilence(witnessed(minutes, [0, 999], 3), wanted, "1m")).toEqual({
        absent: [],
        doubtful: [doubt(1, 999, 3)],
      });
    }
  });

  test("are known better after one that has all of them, on one side", () => {
    const { doubtful } = readSilence(witnessed([999], [999], 1), wanted, "1m");
    expect(doubtful).toEqual([doubt(1, 999, 2)]);
  });

  test("are asked for anew, without what came, where a spoiled answer has some", () => {
    const { doubtful } = readSilence(witnessed([0, 1, 2], [0, 999], 3), wanted, "1m");
    expect(doubtful).toEqual([doubt(3, 999, 0)]);
  });
});

describe("a doubt", () => {
  test("is less after one more silence, and where it is new; not where nothing has changed", () => {
    const before = [doubt(3, 90, 1)];
    expect(isDoubtLess(before, [doubt(3, 90, 2)], at(3))).toBe(true);
    expect(isDoubtLess([], before, at(3))).toBe(true);
    expect(isDoubtLess(before, before, at(3))).toBe(false);
    expect(isDoubtLess(before, [], at(3))).toBe(false);
  });

  test("is less where the search for the reach in it has come further", () => {
    const edge = { ...run(3, 90), tooOldUntil: at(3), givenFrom: at(90) };
    const searched = (givenFrom: number) => [{ ...doubt(3, 90, 3), edge: { ...edge, givenFrom } }];
    expect(isDoubtLess(searched(at(90)), searched(at(50)), at(3))).toBe(true);
    expect(isDoubtLess(searched(at(50)), searched(at(50)), at(3))).toBe(false);
    const refused = (end: number) => {
      return [{ ...doubt(3, end, 0), reach: { ...run(3, end), isWithinReachAtEnd: true } }];
    };
    expect(isDoubtLess(refused(90), refused(50), at(3))).toBe(true);
    expect(isDoubtLess(refused(50), refused(50), at(3))).toBe(false);
  });
});
