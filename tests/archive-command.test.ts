import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { progressLine, startProgress } from "../scripts/archive-progress.ts";

const SCRIPT = new URL("../scripts/archive.ts", import.meta.url).pathname;

/** One request that the command sent. */
interface Asked {
  readonly path: string;
  readonly key: string | undefined;
  readonly body: unknown;
}

/** What is answered to one request: a status and JSON. */
type Reply = readonly [status: number, body: object];

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly asked: Asked[];
}

/** Runs the command against a server that gives `replies`, one after the other. */
async function run(
  commandLine: readonly string[],
  replies: readonly Reply[],
  environment: Record<string, string> = {},
): Promise<Ended> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const { authorization } = request.headers;
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      const [status, reply] = replies[asked.length] ?? [500, { detail: "no reply is left" }];
      asked.push({ path: request.url ?? "", key: authorization, body });
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const ended = await command([...commandLine, "--url", `http://127.0.0.1:${port}/`], environment);
  server.closeAllConnections();
  server.close();
  return { ...ended, asked };
}

function command(
  commandLine: readonly string[],
  environment: Record<string, string> = {},
): Promise<Omit<Ended, "asked">> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [SCRIPT, ...commandLine], {
      env: { ...process.env, CANDLEHOUSE_KEY: "", ...environment },
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    child.on("close", (code) => resolve({ code, out, err }));
  });
}

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

describe("verify", () => {
  test("goes on until the end, and ends with one sentence", async () => {
    const next = "binance:BTC-USDT:1m:2026-09";
    const ended = await run(
      ["verify", "--series", "binance:BTC-USDT:1m"],
      [
        [200, { ...VERIFIED, next, left: 2 }],
        [200, VERIFIED],
      ],
      { CANDLEHOUSE_KEY: "secret" },
    );
    expect(ended).toEqual({
      code: 0,
      out: "candlehouse: read 6 files of 4 partitions (3.0 MB): every byte is as it was written, and every history holds together\n",
      err: "",
      asked: [
        {
          path: "/v1/archive/verify",
          key: "Bearer secret",
          body: { series: "binance:BTC-USDT:1m" },
        },
        {
          path: "/v1/archive/verify",
          key: "Bearer secret",
          body: { series: "binance:BTC-USDT:1m", after: next },
        },
      ],
    });
  });

  test("names what is damaged, and ends with exit code 1", async () => {
    const ended = await run(
      ["verify"],
      [
        [
          200,
          {
            ...VERIFIED,
            damaged: [
              { key: "candles/x.parquet", damage: "bytes 4 to 9 are not what was written" },
            ],
            chains: [
              { series: "kraken:BTC-USD:1h", partition: "2026", problem: "change 2 is missing" },
            ],
          },
        ],
      ],
    );
    expect(ended).toMatchObject({ code: 1, out: "" });
    expect(ended.err.split("\n")).toEqual([
      "candles/x.parquet: bytes 4 to 9 are not what was written",
      "kraken:BTC-USD:1h 2026: change 2 is missing",
      "candlehouse: read 3 files of 2 partitions (1.5 MB): 1 file damaged, 1 partition with a history that does not hold together",
      "",
    ]);
  });
});

describe("run", () => {
  test("waits until every run has ended", async () => {
    const ended = await run(
      ["run", "--series", "kraken:BTC-USD:1h", "--key", "other"],
      [
        [200, { hot_from: 1, runs: ["a", "b"], started: 2, running: 0 }],
        [200, { id: "a", status: "complete" }],
        [200, { id: "b", status: "running" }],
        [200, { id: "b", status: "complete", output: {} }],
      ],
    );
    expect(ended).toMatchObject({ code: 0, out: "candlehouse: archived 2 partitions\n", err: "" });
    expect(ended.asked.map(({ path }) => path)).toEqual([
      "/v1/archive/run",
      "/v1/archive/runs/a",
      "/v1/archive/runs/b",
      "/v1/archive/runs/b",
    ]);
    expect(ended.asked[0]).toMatchObject({
      key: "Bearer other",
      body: { series: "kraken:BTC-USD:1h" },
    });
  });

  test("says which partition could not be archived, and why", async () => {
    const ended = await run(
      ["run"],
      [
        [200, { runs: ["a"] }],
        [200, { id: "a", status: "errored", error: "the current file is damaged" }],
      ],
    );
    expect(ended.code).toBe(1);
    expect(ended.err).toBe(
      "a: the current file is damaged\ncandlehouse: 1 of 1 partition could not be archived; the candles stay where they are\n",
    );
  });

  test("says that nothing is due", async () => {
    const ended = await run(["run"], [[200, { runs: [] }]]);
    expect(ended).toMatchObject({ code: 0, out: expect.stringContaining("nothing is due") });
  });
});

describe("rebuild-catalog", () => {
  test("goes on until the end, and tells what was restored", async () => {
    const ended = await run(
      ["rebuild-catalog"],
      [
        [200, { ...REBUILT, next: "here" }],
        [200, REBUILT],
      ],
    );
    expect(ended).toMatchObject({
      code: 0,
      out: "candlehouse: catalogued 4 partitions: 2 were right, 2 restored, 6 other files to be merged\n",
    });
    expect(ended.asked[1]).toMatchObject({ body: { after: "here" } });
  });

  test("asks again where a part of the system is away, and goes on", async () => {
    const ended = await run(
      ["rebuild-catalog"],
      [
        [503, { detail: "away" }],
        [200, REBUILT],
      ],
    );
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.asked).toHaveLength(2);
  });
});

describe("a command that cannot be done ends with one sentence and exit code 1", () => {
  test.each([
    [
      "where there is no such command",
      ["compact"],
      '"compact" is no command: there are run, verify, rebuild-catalog',
    ],
    ["where there is no command", [], '"" is no command'],
    [
      "where an option is another command's",
      ["rebuild-catalog", "--series", "x"],
      "--series is for run and verify",
    ],
    ["where there is no such option", ["verify", "--fast"], "'--fast'"],
    [
      "where nothing answers",
      ["verify", "--url", "http://127.0.0.1:1"],
      "nothing answers at http://127.0.0.1:1/v1/archive/verify: ",
    ],
  ])("%s", async (_, commandLine, sentence) => {
    const { code, out, err } = await command(commandLine);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain(`candlehouse: `);
    expect(err).toContain(sentence);
    expect(err.trim().split("\n")).toHaveLength(1);
  });

  test("where the key is missing", async () => {
    const ended = await run(
      ["verify"],
      [[401, { detail: "a key is needed", code: "unauthorized" }]],
    );
    expect(ended.err).toBe("candlehouse: /v1/archive/verify failed: a key is needed\n");
  });

  test("where something else answers there", async () => {
    const ended = await run(["verify"], [[200, { hello: "world" }]]);
    expect(ended.err).toMatch(/answers what no Candlehouse of this version does\n$/);
  });
});

describe("progress", () => {
  test("is told every two seconds, once two seconds have passed", () => {
    const lines: string[] = [];
    let nowMs = 0;
    const progress = startProgress(
      (line) => lines.push(line),
      () => nowMs,
    );
    for (const [time, done] of [
      [500, 1],
      [1_900, 2],
      [2_000, 10],
      [3_900, 15],
      [4_000, 20],
    ] as const) {
      nowMs = time;
      progress.report(done, 100 - done, "partitions verified");
    }
    expect(lines).toEqual([
      "10 of 100 partitions verified, 5.0 a second, 18 s left",
      "20 of 100 partitions verified, 5.0 a second, 16 s left",
    ]);
  });

  test.each([
    [{ done: 5, left: null, elapsedMs: 10_000 }, "5 files, 0.50 a second"],
    [{ done: 0, left: 7, elapsedMs: 3_000 }, "0 of 7 files"],
    [{ done: 1, left: 200, elapsedMs: 1_000 }, "1 of 201 files, 1.0 a second, 3 min 20 s left"],
    [{ done: 1, left: 7_500, elapsedMs: 1_000 }, "1 of 7501 files, 1.0 a second, 2 h 5 min left"],
  ])("of %o reads %s", (state, line) => {
    expect(progressLine({ ...state, things: "files" })).toBe(line);
  });
});
