/** Whether a system answers and works, asked over HTTP as its readers do. */
import { z } from "zod";
import { checkCandles, checkTrigger, type Collected } from "./verify-collection.ts";
import { describeRefusal, type SystemClient } from "./system-client.ts";
import { Skipped, type Step } from "./verify-step.ts";

/** How old a waiting message may be before somebody has to look whether the backlog falls. */
const WAITING_SECONDS_MAX = 120;
/** Time between two looks at a backlog. */
const LOOK_AGAIN_MS = 20_000;
const POLL_MS = 2_000;

const healthSchema = z.object({
  status: z.enum(["ok", "degraded"]),
  sources: z.record(z.string(), z.string()),
});
const statsSchema = z.object({
  at: z.number(),
  queues: z.array(
    z.object({
      queue: z.string(),
      backlog_messages: z.number(),
      oldest_message_at: z.number().nullable(),
    }),
  ),
  dead_letters: z.object({ open: z.number() }),
});
const archiveSchema = z.object({
  files: z.array(
    z.object({
      url: z.string(),
      series: z.string(),
      state: z.string(),
      rows: z.number(),
      first_timestamp: z.number(),
    }),
  ),
});
const candlesSchema = z.object({ candles: z.array(z.object({ timestamp: z.number() })) });

/** What the steps need beside the system itself. */
export interface SystemTarget {
  readonly client: SystemClient;
  /** Gets a line while a step takes long. */
  readonly progress: (line: string) => void;
  readonly wait: (milliseconds: number) => Promise<void>;
  /** How long it may take to answer at all: a new address is not known everywhere at once. */
  readonly patienceMs: number;
}

export function systemSteps(target: SystemTarget): Step[] {
  const { client } = target;
  const collected: Collected = { series: undefined, isTriggered: false };
  return [
    {
      name: "health",
      advice: "`wrangler tail` of the query Worker shows what it throws; docs/operations.md",
      run: () => checkHealth(target),
    },
    {
      name: "dashboard",
      advice: "deploy the query Worker again: its assets are built by `npm run deploy`",
      needs: ["health"],
      run: () => checkDashboard(client),
    },
    {
      name: "writes closed",
      advice: "empty OPEN_WRITES of the query Worker: anybody may write",
      needs: ["health"],
      run: () => checkWrites(client),
    },
    {
      name: "trigger",
      advice: "`/v1/sources` says why a source fails; docs/operations.md, `trigger`",
      needs: ["health"],
      run: () => checkTrigger(target, collected),
    },
    {
      name: "candles",
      advice: "`wrangler tail` of the consumer, and `/v1/dead-letters`, say where they stay",
      needs: ["health"],
      run: () => checkCandles(target, collected),
    },
    {
      name: "monitor",
      advice: "`wrangler tail` of the monitor shows what it throws",
      needs: ["health"],
      run: () => checkWatch(client),
    },
    {
      name: "backlog",
      advice: "docs/operations.md: a backlog that grows",
      needs: ["monitor"],
      run: () => checkBacklog(target),
    },
    {
      name: "archive",
      advice: "`npm run candlehouse -- verify` names what is damaged; docs/failure-modes.md",
      needs: ["health"],
      run: () => checkArchive(client),
    },
  ];
}

async function checkHealth(target: SystemTarget): Promise<string> {
  const { status, sources } = await readHealth(target, Date.now() + target.patienceMs);
  const states = Object.entries(sources).map(([source, state]) => `${source} ${state}`);
  return `${status}; ${states.join(", ") || "no source was asked yet"}`;
}

async function readHealth(
  { client, wait }: SystemTarget,
  giveUpMs: number,
): Promise<z.infer<typeof healthSchema>> {
  for (;;) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- until it answers
      return await client.read("/health", healthSchema);
    } catch (error) {
      if (Date.now() > giveUpMs) {
        throw error;
      }
      // oxlint-disable-next-line no-await-in-loop -- as above
      await wait(POLL_MS);
    }
  }
}

async function checkDashboard(client: SystemClient): Promise<string> {
  const page = await client.ask("/", { headers: { accept: "text/html" } });
  const script = /<script[^>]+src="(?<path>[^"]+)"/.exec(await page.text())?.groups?.["path"];
  if (!page.ok || script === undefined) {
    throw new Error(`/ answers ${page.status} without the page`);
  }
  const { status, ok } = await client.ask(new URL(script, client.url).pathname);
  if (!ok) {
    throw new Error(`${script} answers ${status}`);
  }
  return "the page and its script";
}

/** An order that cannot be meant: whoever is let in is told so, and nothing is done. */
async function checkWrites(client: SystemClient): Promise<string> {
  const response = await client.ask("/trigger", {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "" },
    body: "{}",
  });
  if (response.status === 401 || response.status === 403) {
    return `refused without a key: ${response.status}`;
  }
  const { hostname } = new URL(client.url);
  if (["localhost", "127.0.0.1", "[::1]"].includes(hostname)) {
    throw new Skipped("on this machine alone, writing needs no key");
  }
  throw new Error(`a write without a key is answered ${await describeRefusal(response)}`);
}

async function checkWatch(client: SystemClient): Promise<string> {
  const { queues } = await client.read("/stats", statsSchema);
  if (queues.length === 0) {
    throw new Error("the monitor tells of no queue");
  }
  return `${queues.length} queues watched`;
}

async function checkBacklog({ client, wait }: SystemTarget): Promise<string> {
  const first = await client.read("/stats", statsSchema);
  const stuck = stuckQueues(first);
  if (stuck.length > 0) {
    await wait(LOOK_AGAIN_MS);
    const second = await client.read("/stats", statsSchema);
    const growing = stuckQueues(second).filter(({ queue, backlog_messages: now }) =>
      stuck.some((before) => before.queue === queue && before.backlog_messages <= now),
    );
    if (growing.length > 0) {
      throw new Error(
        growing
          .map(({ queue, backlog_messages: now }) => `${queue}: ${now} wait and do not fall`)
          .join(", "),
      );
    }
  }
  const waiting = first.queues.reduce((sum, queue) => sum + queue.backlog_messages, 0);
  const letters = first.dead_letters.open;
  return `${waiting} messages wait${stuck.length > 0 ? ", and fall" : ""}; ${letters} dead letters open`;
}

function stuckQueues({ at, queues }: z.infer<typeof statsSchema>) {
  return queues.filter(
    ({ oldest_message_at: oldest }) => oldest !== null && at - oldest > WAITING_SECONDS_MAX,
  );
}

/** Reads a file's end as a copy would, and its first candle as a query does. */
async function checkArchive(client: SystemClient): Promise<string> {
  const { files } = await client.read("/v1/archive?limit=100", archiveSchema);
  const file = files.find(({ state }) => state === "current");
  if (file === undefined) {
    throw new Skipped("there is no file yet: the first candles leave D1 after HOT_DAYS days");
  }
  const end = await client.ask(file.url, { headers: { range: "bytes=-4" } });
  const magic = await end.text();
  if (!end.ok || magic !== "PAR1") {
    throw new Error(`${file.url} answers ${end.status} and does not end as a Parquet file does`);
  }
  const from = file.first_timestamp;
  const query = `series=${file.series}&start=${from}&end=${from + 1}`;
  const { candles } = await client.read(`/v1/candles?${query}`, candlesSchema);
  if (candles[0]?.timestamp !== from) {
    throw new Error(`/v1/candles?${query} does not have the first candle of ${file.url}`);
  }
  return `${file.series}: a file of ${file.rows} candles, and its first candle`;
}
