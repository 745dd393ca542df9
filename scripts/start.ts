/**
 * `npm start`: the whole system on this machine. By default its sources are the exchange simulator;
 * `npm start -- --live` asks the exchanges themselves.
 */
import { parseArgs } from "node:util";
import { buildAssets } from "./build-assets.ts";
import { showLine } from "./event-line.ts";
import { prepareDatabase, startLocalSystem, type LocalSystem } from "./local-system.ts";
import { startLocalExchange, type LocalExchange } from "./local-exchange.ts";

const USAGE = `npm start [-- --live]

  --live          collect from the exchanges themselves, not from the simulator
  --help          this text

  PORT            where to listen on 127.0.0.1; default 8787
  STATE_DIR       where everything is kept; default .candlehouse
  RECORDINGS      folder of recorded candles for the simulator; default a seeded random market
  START           with RECORDINGS: simulated time of the first start, ISO 8601; default its begin
  SPEED           simulated seconds per real second; default 1
  CRYPTOCOMPARE_API_KEY, COINGECKO_API_KEY   keys for --live`;

const MINUTE_MS = 60_000;

function say(text: string): void {
  console.log(`candlehouse: ${text}`);
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Fires a tick at each minute of the exchange's clock until `isOver`; one at a time. */
async function runCron(
  system: LocalSystem,
  exchange: LocalExchange,
  isOver: () => boolean,
): Promise<void> {
  let minuteMs = Math.floor(exchange.nowMs() / MINUTE_MS) * MINUTE_MS;
  while (!isOver()) {
    await system.tick(minuteMs).catch((error: unknown) => {
      if (!isOver()) {
        say(`${sentenceOf(error)}; the next minute tries again`);
      }
    });
    minuteMs = Math.max(minuteMs + MINUTE_MS, Math.floor(exchange.nowMs() / MINUTE_MS) * MINUTE_MS);
    while (!isOver() && exchange.nowMs() < minuteMs) {
      const leftMs = (minuteMs - exchange.nowMs()) / exchange.speed;
      await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, 500)));
    }
  }
}

function welcome(url: string, exchange: LocalExchange): void {
  say(`up at ${url}`);
  console.log(`
  candles    ${url}/v1/candles?series=binance:BTC-USDT:1m&limit=5
  as CSV     ${url}/v1/candles?series=kraken:BTC-USD:1h&format=csv
  series     ${url}/v1/series
  reference  ${url}/docs

  Sources: ${exchange.description}
  Writing needs no key here: this listens on 127.0.0.1 alone.
  Ctrl-C stops it; the next start goes on where this one stopped.
`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { live: { type: "boolean" }, help: { type: "boolean" } },
  });
  if (values.help === true) {
    console.log(USAGE);
    return;
  }
  const stateDirectory = process.env["STATE_DIR"] ?? ".candlehouse";
  const port = Number(process.env["PORT"] ?? "8787");
  say("building the docs page");
  buildAssets();
  say(`database in ${stateDirectory}: migrations and series`);
  prepareDatabase(stateDirectory);
  const exchange = await startLocalExchange({ live: values.live === true, stateDirectory });
  say("starting the Workers (about ten seconds)");
  let over = false;
  const system = await startLocalSystem({
    port,
    stateDirectory,
    variables: { OPEN_WRITES: "local", ...exchange.variables },
    onLine: (line) => showLine(line),
  }).catch(async (error: unknown) => {
    await exchange.stop();
    throw error;
  });
  const stop = (reason: string, code: number): void => {
    if (!over) {
      over = true;
      say(`${reason}: stopping`);
      void Promise.all([system.stop(), exchange.stop()]).then(() => process.exit(code));
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => stop(signal, 0));
  }
  void system.ended.then((sentence) => stop(sentence, 1));
  welcome(system.url, exchange);
  await runCron(system, exchange, () => over);
}

await main().catch((error: unknown) => {
  console.error(`candlehouse: ${sentenceOf(error)}`);
  process.exit(1);
});
