import { describe, expect, test } from "vitest";
import { runAgainst, runCli } from "./run-cli.ts";

const VERIFIED = {
  partitions: 2,
  files: 3,
  bytes: 1_500_000,
  damaged: [],
  chains: [],
  next: null,
  left: 0,
};
const REBUILT = {
  partitions: 2,
  kept: 1,
  restored: 1,
  fragments: 3,
  damaged: [],
  next: null,
  left: null,
};

const VERIFY = "POST /v1/archive/verify";
const REBUILD = "POST /v1/archive/rebuild";
const RUN = "POST /v1/archive/run";

describe("verify", () => {
  test("goes on until the end, and ends with one sentence", async () => {
    const next = "binance:BTC-USDT:1m:2026-09";
    const ended = await runAgainst(
      {
        [VERIFY]: [
          [200, { ...VERIFIED, next, left: 2 }],
          [200, VERIFIED],
        ],
      },
      ["verify", "--series", "binance:BTC-USDT:1m"],
      { environment: { CANDLEHOUSE_KEY: "secret" } },
    );
    expect(ended).toEqual({
      code: 0,
      out: "read 6 files of 4 partitions (3.0 MB): every byte is as it was written, and every history holds together\n",
      err: "",
      asked: [
        {
          route: VERIFY,
          query: {},
          key: "Bearer secret",
          body: { series: "binance:BTC-USDT:1m" },
        },
        {
          route: VERIFY,
          query: {},
          key: "Bearer secret",
          body: { series: "binance:BTC-USDT:1m", after: next },
        },
      ],
    });
  });

  const damaged = {
    ...VERIFIED,
    damaged: [{ key: "candles/x.parquet", damage: "bytes 4 to 9 are not what was written" }],
    chains: [{ series: "kraken:BTC-USD:1h", partition: "2026", problem: "change 2 is missing" }],
  };

  test("names what is damaged, and ends with exit code 3", async () => {
    const ended = await runAgainst({ [VERIFY]: [[200, damaged]] }, ["verify"]);
    expect(ended).toMatchObject({ code: 3, out: "" });
    expect(ended.err.split("\n")).toEqual([
      "candles/x.parquet: bytes 4 to 9 are not what was written",
      "kraken:BTC-USD:1h 2026: change 2 is missing",
      "candlehouse: read 3 files of 2 partitions (1.5 MB): 1 file damaged, 1 partition with a history that does not hold together; docs/failure-modes.md says under archive_damaged what to do",
      "",
    ]);
  });

  test("names it as one JSON document too", async () => {
    const ended = await runAgainst({ [VERIFY]: [[200, damaged]] }, ["verify", "--json"]);
    expect(ended.code).toBe(3);
    expect(JSON.parse(ended.out)).toEqual({
      partitions: 2,
      files: 3,
      bytes: 1_500_000,
      damaged: 1,
      chains: 1,
      problems: [
        "candles/x.parquet: bytes 4 to 9 are not what was written",
        "kraken:BTC-USD:1h 2026: change 2 is missing",
      ],
    });
  });
});

describe("archive", () => {
  test("waits until every run has ended", async () => {
    const ended = await runAgainst(
      {
        [RUN]: [[200, { hot_from: 1, runs: ["a", "b"], started: 2, running: 0 }]],
        "GET /v1/archive/runs/a": [[200, { id: "a", status: "complete" }]],
        "GET /v1/archive/runs/b": [
          [200, { id: "b", status: "running" }],
          [200, { id: "b", status: "complete", output: {} }],
        ],
      },
      ["archive", "--series", "kraken:BTC-USD:1h", "--key", "other"],
    );
    expect(ended).toMatchObject({ code: 0, out: "archived 2 partitions\n", err: "" });
    expect(ended.asked.map(({ route }) => route)).toEqual([
      RUN,
      "GET /v1/archive/runs/a",
      "GET /v1/archive/runs/b",
      "GET /v1/archive/runs/b",
    ]);
    expect(ended.asked[0]).toMatchObject({
      key: "Bearer other",
      body: { series: "kraken:BTC-USD:1h" },
    });
  });

  test("says which partition could not be archived, and why", async () => {
    const error = "the current file is damaged";
    const ended = await runAgainst(
      {
        [RUN]: [[200, { runs: ["a"] }]],
        "GET /v1/archive/runs/a": [[200, { id: "a", status: "errored", error }]],
      },
      ["archive"],
    );
    expect(ended.code).toBe(3);
    expect(ended.err).toBe(
      "a: the current file is damaged\ncandlehouse: 1 of 1 partition could not be archived; the candles stay where they are\n",
    );
  });

  test("says that nothing is due", async () => {
    const ended = await runAgainst({ [RUN]: [[200, { runs: [] }]] }, ["archive"]);
    expect(ended).toMatchObject({ code: 0, out: expect.stringContaining("nothing is due") });
  });
});

describe("rebuild-catalog", () => {
  test("goes on until the end, and tells what was restored", async () => {
    const ended = await runAgainst(
      {
        [REBUILD]: [
          [200, { ...REBUILT, next: "here" }],
          [200, REBUILT],
        ],
      },
      ["rebuild-catalog"],
    );
    expect(ended).toMatchObject({
      code: 0,
      out: "catalogued 4 partitions: 2 were right, 2 restored, 6 other files to be merged\n",
    });
    expect(ended.asked[1]).toMatchObject({ body: { after: "here" } });
  });

  test("asks again where a part of the system is away, and goes on", async () => {
    const replies = [
      [503, { detail: "away" }],
      [200, REBUILT],
    ] as const;
    const ended = await runAgainst({ [REBUILD]: replies }, ["rebuild-catalog"]);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.asked).toHaveLength(2);
  });
});

describe("a command that cannot be done ends with one sentence", () => {
  test.each([
    ["there is no such command", ["compact"], "unknown command 'compact'"],
    ["an option is another command's", ["rebuild-catalog", "--series", "x"], "'--series'"],
    ["there is no such option", ["verify", "--fast"], "'--fast'"],
    ["a series is none", ["verify", "--series", "btc"], "--series <series> cannot be 'btc'"],
    ["a value is missing", ["verify", "--series"], "argument missing"],
  ])("and exit code 2 where %s", async (_, commandLine, sentence) => {
    const { code, out, err } = await runCli(commandLine);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^candlehouse: .*; --help tells more\n$/);
    expect(err).toContain(sentence);
  });

  test("and exit code 1 where nothing answers", async () => {
    const { code, out, err } = await runCli(["verify", "--url", "http://127.0.0.1:9"]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(
      /^candlehouse: nothing answers at http:\/\/127\.0\.0\.1:9 \(.+\): start it with npm start, or name another address with --url\n$/,
    );
  });

  test("and exit code 1 where the key is missing", async () => {
    const problem = { detail: "a key is needed", code: "unauthorized" };
    const ended = await runAgainst({ [VERIFY]: [[401, problem]] }, ["verify"]);
    expect(ended).toMatchObject({
      code: 1,
      err: "candlehouse: /v1/archive/verify failed: a key is needed: give the key with --key, CANDLEHOUSE_KEY or the configuration file\n",
    });
  });

  test("and exit code 1 where something else answers there", async () => {
    const ended = await runAgainst({ [VERIFY]: [[200, { hello: "world" }]] }, ["verify"]);
    expect(ended.code).toBe(1);
    expect(ended.err).toMatch(
      /answers what no Candlehouse of this version does \(partitions: .*\n$/,
    );
  });
});
