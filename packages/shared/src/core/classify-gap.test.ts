import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { STEP, worlds, type GapWorld } from "../../test/gap-world.ts";
import { asksQuiet, asksSiblings, classifyPiece, type GapFacts } from "./classify-gap.ts";
import { cutIntoPieces, type Asked, type Piece } from "./gap-pieces.ts";
import { GAP_CLASSES, type GapClass } from "./gap.ts";
import { findRuns, type Run } from "./missing.ts";
import { usualQuiet } from "./usual-quiet.ts";
import { siblingEvidence, siblingWindows } from "./sibling-evidence.ts";

/** The class that each missing candle of `world` is given, by its open time. */
function classify(world: GapWorld): Map<number, GapClass> {
  const { source, held, siblings, asks, reachStart, range } = world;
  const runs = findRuns(held, { from: range.start, to: range.end }, "1h");
  const pieces = cutIntoPieces(runs, { timeframe: "1h", asks, market: null, reachStart });
  const given = new Map<number, GapClass>();
  for (const piece of pieces) {
    const firstHeld = held[0] ?? null;
    const weekBefore = piece.start - 168 * STEP;
    const before = held.filter((time) => time < piece.start && time >= weekBefore);
    const facts: GapFacts = {
      source,
      market: null,
      firstHeld,
      lastHeld: held.at(-1) ?? null,
      reachStart,
      siblings: asksSiblings(piece, { source, firstHeld })
        ? siblingEvidence(siblings, siblingWindows(piece, "1h"), { source, timeframe: "1h" })
        : null,
      quietSeconds: asksQuiet(piece, { source, firstHeld })
        ? usualQuiet(before, weekBefore, piece.start)
        : null,
    };
    for (let time = piece.start; time < piece.end; time += STEP) {
      given.set(time, classifyPiece(piece, facts).class);
    }
  }
  return given;
}

describe("seeded worlds with known causes", () => {
  test.each([1, 2, 3, 5, 8])("are classified right, candle by candle: seed %i", (seed) => {
    const matrix = new Map(GAP_CLASSES.map((name) => [name, new Map<GapClass, number>()]));
    for (const world of fc.sample(worlds, { seed, numRuns: 40 })) {
      const given = classify(world);
      expect([...given.keys()].toSorted((a, b) => a - b)).toEqual(
        [...world.truth.keys()].toSorted((a, b) => a - b),
      );
      for (const [time, truth] of world.truth) {
        const row = matrix.get(truth);
        const name = given.get(time) ?? "unknown";
        row?.set(name, (row.get(name) ?? 0) + 1);
      }
    }
    process.stdout.write(`seed ${seed}, candles of 40 worlds\n${formatMatrix(matrix)}\n`);
    for (const name of GAP_CLASSES) {
      expect([...(matrix.get(name)?.keys() ?? [])]).toEqual([name]);
    }
  });
});

/** A row a true class, a column a given one. */
function formatMatrix(matrix: ReadonlyMap<GapClass, ReadonlyMap<GapClass, number>>): string {
  const width = 15;
  const line = (cells: readonly (string | number)[]): string =>
    cells.map((cell) => String(cell).padStart(width)).join("");
  return [
    line(["true \\ given", ...GAP_CLASSES]),
    ...GAP_CLASSES.map((name) =>
      line([name, ...GAP_CLASSES.map((given) => matrix.get(name)?.get(given) ?? 0)]),
    ),
  ].join("\n");
}

const ASKED: Asked = {
  start: 0,
  end: 100 * STEP,
  outcome: "answered",
  found: 7,
  rejected: [],
  code: null,
  reason: null,
  askedAt: 5_000,
};

const FACTS: GapFacts = {
  source: "binance",
  market: null,
  firstHeld: 0,
  lastHeld: 200 * STEP,
  reachStart: null,
  siblings: null,
  quietSeconds: null,
};

function piecesOf(asks: readonly Asked[], start: number, end: number, more = {}): Piece[] {
  const runs = [{ start: start * STEP, end: end * STEP }];
  return cutIntoPieces(runs, { timeframe: "1h", asks, market: null, reachStart: null, ...more });
}

function classesOf(pieces: readonly Piece[], facts: Partial<GapFacts> = {}): unknown[] {
  return pieces.map((piece) => {
    const { class: name, state } = classifyPiece(piece, { ...FACTS, ...facts });
    return [piece.start / STEP, piece.end / STEP, name, state];
  });
}

describe("a run", () => {
  test("is cut where the evidence changes, and not where a window of a backfill ended", () => {
    const asks: Asked[] = [
      { ...ASKED, start: 10 * STEP, end: 12 * STEP },
      { ...ASKED, start: 12 * STEP, end: 14 * STEP, rejected: [13 * STEP] },
      { ...ASKED, start: 14 * STEP, end: 16 * STEP, outcome: "failed", code: "source_blocked" },
    ];
    expect(classesOf(piecesOf(asks, 8, 18))).toEqual([
      [8, 10, "collector_miss", "open"],
      [10, 13, "unknown", "open"],
      [13, 14, "rejected", "failed"],
      [14, 16, "collector_miss", "failed"],
      [16, 18, "collector_miss", "open"],
    ]);
  });

  test("that was answered once stays answered, whatever was refused later", () => {
    const refused = {
      ...ASKED,
      outcome: "failed",
      code: "source_blocked",
      askedAt: 9_000,
    } as const;
    const [piece] = piecesOf([ASKED, refused], 10, 12);
    expect(piece).toMatchObject({ kind: "answered", asks: [ASKED] });
  });

  test("is rejected only by the latest answer", () => {
    const later = { ...ASKED, askedAt: 9_000 };
    const first = { ...ASKED, rejected: [10 * STEP] };
    expect(classesOf(piecesOf([first, later], 10, 11))).toEqual([[10, 11, "unknown", "open"]]);
  });

  test("lies before or behind its market where that is known, asked or not", () => {
    const market = { validFrom: 10 * STEP, validUntil: 20 * STEP };
    expect(classesOf(piecesOf([], 8, 22, { market }), { market })).toEqual([
      [8, 10, "not_listed", "unfillable"],
      [10, 20, "collector_miss", "open"],
      [20, 22, "delisted", "unfillable"],
    ]);
  });

  test("beyond the reach is the source's limit unless it was answered", () => {
    const pieces = piecesOf([{ ...ASKED, start: 8 * STEP, end: 9 * STEP }], 7, 12, {
      reachStart: 10 * STEP,
    });
    expect(classesOf(pieces)).toEqual([
      [7, 8, "source_limit", "unfillable"],
      [8, 9, "unknown", "open"],
      [9, 10, "source_limit", "unfillable"],
      [10, 12, "collector_miss", "open"],
    ]);
  });

  test("is unknown while the series is alone, however long it is", () => {
    const alone = { siblings: { series: 0, expected: 0, found: 0 } };
    expect(classesOf(piecesOf([ASKED], 10, 90), alone)).toEqual([[10, 90, "unknown", "open"]]);
  });

  test.each([
    ["are silent", 0, "source_outage"],
    ["are nearly silent", 4, "source_outage"],
    ["had a part", 30, "unknown"],
    ["went on", 80, "unknown"],
  ])("is told by siblings that %s", (_, found, name) => {
    const siblings = { series: 1, expected: 80, found };
    const [piece] = classesOf(piecesOf([ASKED], 10, 20), { siblings });
    expect(piece).toEqual([10, 20, name, name === "unknown" ? "open" : "unfillable"]);
  });

  test.each([
    ["kraken", 4, "no_trades"],
    ["kraken", 5, "source_outage"],
    ["massive", 500, "no_trades"],
  ] as const)(
    "at %s, with %i candles of siblings due and none there, is %s",
    (source, expected, name) => {
      const siblings = { series: 2, expected, found: 0 };
      expect(classesOf(piecesOf([ASKED], 10, 20), { source, siblings })).toEqual([
        [10, 20, name, "unfillable"],
      ]);
    },
  );

  test("of a quiet market is a delisting only where it is far longer than usual", () => {
    const facts = { source: "kraken", siblings: { series: 3, expected: 50, found: 50 } } as const;
    const [piece] = piecesOf([{ ...ASKED, end: 300 * STEP }], 20, 220);
    const verdict = (quietSeconds: number | null) =>
      classifyPiece(piece as Piece, { ...FACTS, ...facts, quietSeconds }).class;
    expect(verdict(20 * STEP)).toBe("delisted");
    expect(verdict(21 * STEP)).toBe("no_trades");
    expect(verdict(null)).toBe("no_trades");
  });

  test("carries what its class rests on", () => {
    const siblings = { series: 2, expected: 160, found: 0 };
    const [piece] = piecesOf([ASKED], 10, 90);
    const { evidence } = classifyPiece(piece as Piece, { ...FACTS, siblings });
    expect(evidence).toEqual({
      asked_at: 5_000,
      outcome: "answered",
      found: 7,
      siblings,
      first_held: 0,
      last_held: 200 * STEP,
      reach_start: null,
      code: null,
      reason:
        "The source was asked and has nothing, and 2 other series of it had 0 of 160 candles that were due.",
    });
  });
});

function hours(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, place) => (from + place) * STEP);
}

describe("a sibling", () => {
  const RUN = { start: 100 * STEP, end: 110 * STEP };
  const windows = siblingWindows(RUN, "1h");
  const BINANCE = { source: "binance", timeframe: "1h" } as const;
  const evidence = (held: readonly number[], answered: readonly Run[] = []) =>
    siblingEvidence([{ held, answered }], windows, BINANCE);
  const NOBODY = { series: 0, expected: 0, found: 0 };

  test("that was collected up to the run and from its end on was silent in it", () => {
    const held = [...hours(50, 98), ...hours(112, 150)];
    expect(evidence(held)).toEqual({ series: 1, expected: 10, found: 0 });
  });

  test.each([
    ["before", [...hours(50, 96), ...hours(110, 150)]],
    ["after", [...hours(50, 100), ...hours(114, 150)]],
    ["for days", [...hours(52, 54), ...hours(150, 158)]],
  ])("that was not collected %s is none, unless the source answered for it", (_, held) => {
    expect(evidence(held)).toEqual(NOBODY);
    expect(evidence(held, [RUN])).toEqual({ series: 1, expected: 10, found: 0 });
    expect(evidence(held, [{ start: 0, end: 101 * STEP }])).toEqual({
      series: 1,
      expected: 1,
      found: 0,
    });
  });

  test("that was not collected talks by the candles that it has", () => {
    const held = [...hours(50, 90), ...hours(104, 108), ...hours(140, 150)];
    expect(evidence(held)).toEqual({ series: 1, expected: 4, found: 4 });
  });
});
