import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { runAgainst, type Asked, type Reply, type Routes } from "./run-cli.ts";

const ROWS = "1767225600,1,2,0.5,1.5,10,3\n1767229200,1,2,0.5,1.5,10,3\n";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "candlehouse-import-"));
});

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

/** What the system reports of rows that it takes. */
function report({ query, body }: Asked, more: object = {}): Reply {
  const text = String(body);
  const rows = text.split("\n").filter((line) => line !== "").length;
  const answer = {
    id: "1",
    name: query["name"],
    format: query["format"],
    columns: query["columns"] ?? null,
    time_unit: query["time_unit"] ?? "auto",
    series: `${query["source"]}:${query["symbol"]}:${query["timeframe"]}`,
    state: "complete",
    known: false,
    rows_read: rows,
    stored: rows,
    duplicate: 0,
    revised: 0,
    rejected: 0,
    rejected_open: 0,
    queued: 0,
    rejections: [],
    unused_columns: [],
    first_timestamp: 1_767_225_600,
    last_timestamp: 1_767_229_200,
    sha256: createHash("sha256").update(text).digest("hex"),
    bytes: text.length,
    durationMs: 1,
    message: "Stored.",
  };
  return [200, { ...answer, ...more }];
}

const NOTHING_KNOWN: readonly Reply[] = [[200, { imports: [], next_cursor: null }]];

const ROUTES: Routes = {
  "GET /v1/imports": NOTHING_KNOWN,
  "POST /v1/imports": (asked) => report(asked),
};

function uploadsOf(asked: readonly Asked[]): Asked[] {
  return asked.filter(({ route }) => route === "POST /v1/imports");
}

describe("import of a folder", () => {
  test("sends what it recognises, moves what is finished and tells all of it", async () => {
    write("XBTUSD_60.csv", ROWS);
    write("ETHUSD_1440.csv", "");
    write("notes.txt", "not a candle");
    const ended = await runAgainst(ROUTES, ["import", folder, "--yes"]);
    expect(ended).toMatchObject({ code: 0, err: "" });
    expect(uploadsOf(ended.asked)).toMatchObject([
      {
        query: {
          name: "XBTUSD_60.csv",
          format: "kraken",
          source: "kraken",
          symbol: "BTC-USD",
          timeframe: "1h",
          checksum: createHash("sha256").update(ROWS).digest("hex"),
        },
        body: ROWS,
      },
    ]);
    expect(ended.out).toMatch(/imported 2 files: 2 candles stored, 0 known before\n$/);
    expect(readdirSync(folder).toSorted()).toEqual(["ingested", "notes.txt"]);
    expect(readdirSync(join(folder, "ingested")).toSorted()).toEqual([
      "ETHUSD_1440.csv",
      "XBTUSD_60.csv",
    ]);
  });

  test("marks what is finished where it is to be kept", async () => {
    write("XBTUSD_60.csv", ROWS);
    const ended = await runAgainst(ROUTES, ["import", folder, "--yes", "--keep"]);
    expect(ended.code).toBe(0);
    expect(readdirSync(folder).toSorted()).toEqual([".candlehouse-import.json", "XBTUSD_60.csv"]);
  });

  test("sends nothing that the system has already", async () => {
    write("XBTUSD_60.csv", ROWS);
    const query = {
      name: "x",
      format: "kraken",
      source: "kraken",
      symbol: "BTC-USD",
      timeframe: "1h",
    };
    const [, known] = report({ route: "", query, body: ROWS, key: undefined });
    const ended = await runAgainst(
      { ...ROUTES, "GET /v1/imports": [[200, { imports: [known], next_cursor: null }]] },
      ["import", folder, "--yes", "--json"],
    );
    expect(uploadsOf(ended.asked)).toEqual([]);
    expect(JSON.parse(ended.out)).toMatchObject({
      files: [{ state: "known", stored: 0, duplicate: 2, rows_read: 2 }],
    });
    expect(existsSync(join(folder, "ingested/XBTUSD_60.csv"))).toBe(true);
  });

  test("goes on behind a bad file, lists it, and ends with exit code 3", async () => {
    write("ETHUSD_60.csv", "nonsense\n");
    write("XBTUSD_60.csv", ROWS);
    const ended = await runAgainst(
      {
        ...ROUTES,
        "POST /v1/imports": (asked) =>
          asked.query["name"] === "ETHUSD_60.csv"
            ? [422, { detail: "no row of it is a candle", code: "import_rejected" }]
            : report(asked, {
                rejected: 1,
                rejections: [{ line: 2, reason: "high is below low" }],
              }),
      },
      ["import", folder, "--yes"],
    );
    expect(ended.code).toBe(3);
    expect(ended.out).toContain("ETHUSD_60.csv: no row of it is a candle");
    expect(ended.out).toContain("XBTUSD_60.csv:2: high is below low");
    expect(ended.out).toMatch(/1 row rejected, 1 file not taken\n$/);
    expect(readdirSync(folder).toSorted()).toEqual(["ETHUSD_60.csv", "ingested"]);
  });

  test("stops at the first bad file where it is to", async () => {
    for (const pair of ["A", "B", "C", "D", "E", "F", "G", "H"]) {
      write(`${pair}USD_60.csv`, "nonsense\n");
    }
    const ended = await runAgainst(
      { ...ROUTES, "POST /v1/imports": [[422, { detail: "no candle", code: "import_rejected" }]] },
      ["import", folder, "--yes", "--stop-on-error"],
    );
    expect(ended.code).toBe(1);
    expect(uploadsOf(ended.asked).length).toBeLessThan(8);
    expect(ended.out).toMatch(/stopped there: the same command goes on with the rest\n$/);
  });

  test("ends at once where the key is wrong", async () => {
    write("XBTUSD_60.csv", ROWS);
    const ended = await runAgainst(
      {
        ...ROUTES,
        "POST /v1/imports": [[401, { detail: "a key is needed", code: "unauthorized" }]],
      },
      ["import", folder, "--yes"],
    );
    expect(ended).toMatchObject({ code: 1, out: "" });
    expect(ended.err).toContain("a key is needed");
  });

  test("refuses bytes that are not those of the CHECKSUM file, without sending them", async () => {
    write("BTCUSDT-1h-2026-01-01.csv", ROWS);
    const sum = createHash("sha256").update("other").digest("hex");
    write("BTCUSDT-1h-2026-01-01.csv.CHECKSUM", `${sum}  BTCUSDT-1h-2026-01-01.csv\n`);
    const ended = await runAgainst(ROUTES, ["import", folder, "--yes"]);
    expect(ended.code).toBe(3);
    expect(uploadsOf(ended.asked)).toEqual([]);
    expect(ended.out).toContain("its bytes are not those of its CHECKSUM file: download it again");
  });

  test("moves the CHECKSUM file along, and overwrites nothing", async () => {
    write("XBTUSD_60.csv", ROWS);
    const sum = createHash("sha256").update(ROWS).digest("hex");
    write("XBTUSD_60.csv.CHECKSUM", `${sum}  XBTUSD_60.csv\n`);
    mkdirSync(join(folder, "ingested"));
    writeFileSync(join(folder, "ingested/XBTUSD_60.csv"), "an older one");
    const ended = await runAgainst(ROUTES, ["import", folder, "--yes"]);
    expect(ended.code).toBe(0);
    expect(readdirSync(join(folder, "ingested")).toSorted()).toEqual([
      "XBTUSD_60.2.csv",
      "XBTUSD_60.csv",
      "XBTUSD_60.csv.CHECKSUM",
    ]);
  });

  test("shows its plan and changes nothing in a dry run", async () => {
    write("XBTUSD_60.csv", ROWS);
    write("XBTUSD_1.csv", ROWS);
    write("mine.csv", ROWS);
    const ended = await runAgainst(ROUTES, ["import", folder, "--dry-run", "--timeframe", "1h"]);
    expect(ended).toMatchObject({ code: 0, asked: [] });
    expect(ended.out).toContain("XBTUSD_60.csv  kraken:BTC-USD:1h    ~2  56 B  import");
    expect(ended.out).toContain("left out: of 1m candles");
    expect(ended.out).toContain("unknown: its name says no series");
    expect(readdirSync(folder)).toHaveLength(3);
  });

  test("is not begun without a yes where nobody can be asked", async () => {
    write("XBTUSD_60.csv", ROWS);
    const ended = await runAgainst(ROUTES, ["import", folder]);
    expect(ended.code).toBe(2);
    expect(ended.err).toContain(
      "this would import 1 file (56 B), and there is no terminal to ask at",
    );
    expect(ended.asked).toEqual([]);
  });

  test("takes the tier of each asset from the system", async () => {
    write("XBTUSD_60.csv", ROWS);
    write("ETHUSD_60.csv", ROWS);
    const rest = {
      name: null,
      category: "CRYPTO",
      assigned: "table",
      aliases: [],
      successor: null,
    };
    const valid = { valid_from: null, valid_until: null };
    const assets = [
      { ticker: "BTC", tier: 1, ...rest, ...valid },
      { ticker: "ETH", tier: 2, ...rest, ...valid },
    ];
    const ended = await runAgainst({ ...ROUTES, "GET /v1/assets": [[200, { assets }]] }, [
      "import",
      folder,
      "--tier",
      "1",
      "--yes",
    ]);
    expect(uploadsOf(ended.asked).map(({ query }) => query["name"])).toEqual(["XBTUSD_60.csv"]);
    expect(ended.out).toMatch(/1 file left out\n$/);
  });
});

test.each([
  ["nothing at /nowhere", "/nowhere"],
  ["is no CSV, ZIP or Parquet file", new URL(import.meta.url).pathname],
])("import says that there is %s", async (sentence, path) => {
  const ended = await runAgainst(ROUTES, ["import", path, "--yes"]);
  expect(ended.code).toBe(2);
  expect(ended.err).toContain(sentence);
});

test("a file that is no text is told, and the others are imported", async () => {
  write("BTCUSDT-1h-2026-01-01.csv", "1".repeat(60_000_000));
  write("XBTUSD_60.csv", ROWS);
  const ended = await runAgainst(ROUTES, ["import", folder, "--yes"]);
  expect(ended.code).toBe(3);
  expect(ended.out).toContain("BTCUSDT-1h-2026-01-01.csv: there is no line end in 65536 bytes");
  expect(ended.out).toMatch(
    /imported 1 file: 2 candles stored, 0 known before, 1 file not taken\n$/,
  );
});

/** What the system says of ROWS that it read before in some way. */
function knownRows(of: object): Reply {
  const query = {
    name: "x",
    format: "kraken",
    source: "kraken",
    symbol: "BTC-USD",
    timeframe: "1h",
  };
  const [, known] = report({ route: "", query, body: ROWS, key: undefined }, of);
  return [200, { imports: [known], next_cursor: null }];
}

describe("what was imported before is sent again", () => {
  const columns = "time:0,open:1,high:2,low:3,close:4";
  test.each([
    ["in another format", { format: "csv" }, []],
    ["by other columns", { columns }, []],
    ["in another unit of time", { time_unit: "ms" }, []],
    ["without the columns that are given now", {}, ["--columns", columns]],
    ["while a candle of it was open", { rejected: 1, rejected_open: 1 }, []],
  ])("where it was read %s", async (_how, of, more) => {
    write("XBTUSD_60.csv", ROWS);
    const routes = { ...ROUTES, "GET /v1/imports": [knownRows(of)] };
    const ended = await runAgainst(routes, ["import", folder, "--yes", ...more]);
    expect(uploadsOf(ended.asked)).toHaveLength(1);
  });

  test("but not where it was read by the same columns", async () => {
    write("XBTUSD_60.csv", ROWS);
    const routes = { ...ROUTES, "GET /v1/imports": [knownRows({ columns })] };
    const ended = await runAgainst(routes, ["import", folder, "--yes", "--columns", columns]);
    expect(uploadsOf(ended.asked)).toEqual([]);
    expect(ended.code).toBe(0);
  });
});

describe("a file that is sent in parts", () => {
  /** Some 60 MB: two parts. */
  const large = `1767225600,1,2,0.5,1.5,10,3,${"x".repeat(3_970)}\n`.repeat(15_000);

  test("tells what its first part stored when the second one is refused", async () => {
    write("XBTUSD_60.csv", large);
    const ended = await runAgainst(
      {
        ...ROUTES,
        "POST /v1/imports": (asked) =>
          asked.query["part"] === "2/2"
            ? [422, { detail: "it was cut on its way", code: "import_rejected" }]
            : report(asked),
      },
      ["import", folder, "--yes", "--json"],
    );
    expect(ended.code).toBe(3);
    expect(uploadsOf(ended.asked)).toMatchObject([
      { query: { part: "1/2" } },
      { query: { part: "2/2", follows: "1767229200" } },
    ]);
    expect(JSON.parse(ended.out)).toMatchObject({
      files: [
        {
          state: "rejected",
          rows_read: 7_500,
          stored: 7_500,
          reason: "part 2/2: it was cut on its way",
        },
      ],
    });
    expect(readdirSync(folder)).toEqual(["XBTUSD_60.csv"]);
  });

  test("is not taken where no row of any part is", async () => {
    write("XBTUSD_60.csv", large);
    const none = { rows_read: 9, stored: 0, rejected: 9, first_timestamp: null };
    const rejections = [{ line: 1, reason: "time is none" }];
    const ended = await runAgainst(
      {
        ...ROUTES,
        "POST /v1/imports": (asked) => report(asked, { ...none, last_timestamp: null, rejections }),
      },
      ["import", folder, "--yes", "--json"],
    );
    expect(ended.code).toBe(3);
    expect(JSON.parse(ended.out)).toMatchObject({
      files: [
        {
          state: "rejected",
          rejected: 18,
          reason: "none of its 18 rows can be stored; time is none",
        },
      ],
    });
  });
});

test("what is no file that can be read is told, and the others are imported", async () => {
  write("XBTUSD_60.csv", ROWS);
  symlinkSync("/nowhere/XBTUSD_1.csv", join(folder, "ETHUSD_60.csv"));
  const socket = createServer();
  await new Promise<void>((resolve) => socket.listen(join(folder, "SOLUSD_60.csv"), resolve));
  const ended = await runAgainst(ROUTES, ["import", folder, "--yes"]);
  socket.close();
  expect(ended.code).toBe(3);
  expect(uploadsOf(ended.asked)).toHaveLength(1);
  expect(ended.out).toContain("ETHUSD_60.csv was not imported: it cannot be looked at");
  expect(ended.out).toContain("SOLUSD_60.csv was not imported: it is no file, but a pipe");
});

test("columns that were not read are told", async () => {
  write("XBTUSD_60.csv", ROWS);
  const ended = await runAgainst(
    { ...ROUTES, "POST /v1/imports": (asked) => report(asked, { unused_columns: ["vwap", "n"] }) },
    ["import", folder, "--yes"],
  );
  expect(ended.out).toContain("XBTUSD_60.csv: columns that were not read: vwap, n");
});
