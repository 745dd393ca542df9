/**
 * `npm start`: the whole system on this machine. By default its sources are the exchange simulator;
 * `npm start -- --live` asks the exchanges themselves.
 */
import { buildAssets } from "./build-assets.ts";
import { createEventPrinter } from "./event-line.ts";
import { marketOf, startLocalExchange, type LocalExchange } from "./local-exchange.ts";
import { prepareDatabase, startLocalSystem, type LocalSystem } from "./local-system.ts";
import { descendantsOf, endProcesses } from "./process-tree.ts";
import { assertPortIsFree, readSettings, USAGE, type StartSettings } from "./start-settings.ts";
import { takeStateDirectory, type StateDirectory } from "./state-directory.ts";

const MINUTE_MS = 60_000;

const printer = createEventPrinter((line) => console.log(line));
const over = new AbortController();
let exchange: LocalExchange | undefined;
let state: StateDirectory | undefined;

function say(text: string): void {
  console.log(`candlehouse: ${text}`);
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Says why, ends every process that was started, then this one. */
async function stop(reason: string, code: number): Promise<void> {
  if (!over.signal.aborted) {
    over.abort();
    printer.flush();
    (code === 0 ? console.log : console.error)(`candlehouse: ${reason}`);
    await Promise.all([endProcesses(descendantsOf(process.pid)), exchange?.stop()]);
    state?.release();
    process.exit(code);
  }
}

/** Fires a tick at each minute of the exchange's clock until all is over; one at a time. */
async function runCron(system: LocalSystem, source: LocalExchange): Promise<void> {
  let minuteMs = Math.floor(source.nowMs() / MINUTE_MS) * MINUTE_MS;
  while (!over.signal.aborted) {
    await system.tick(minuteMs).catch((error: unknown) => {
      if (!over.signal.aborted) {
        say(`${sentenceOf(error)}; the next minute tries again`);
      }
    });
    minuteMs = Math.max(minuteMs + MINUTE_MS, Math.floor(source.nowMs() / MINUTE_MS) * MINUTE_MS);
    while (!over.signal.aborted && source.nowMs() < minuteMs) {
      const leftMs = (minuteMs - source.nowMs()) / source.speed;
      await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, 500)));
    }
  }
}

function welcome(url: string, { description }: LocalExchange, stateDirectory: string): void {
  say(`up at ${url}`);
  console.log(`
  candles    ${url}/v1/candles?series=binance:BTC-USDT:1m&limit=5
  as CSV     ${url}/v1/candles?series=kraken:BTC-USD:1h&format=csv
  series     ${url}/v1/series
  reference  ${url}/docs

  Sources: ${description}
  Writing needs no key here: this listens on 127.0.0.1 alone.
  Kept in ${stateDirectory}; workers.log there has every line that the Workers print.
  Ctrl-C stops it; the next start goes on where this one stopped.
`);
}

async function start(settings: StartSettings): Promise<void> {
  const { port, stateDirectory } = settings;
  await assertPortIsFree(port);
  state = takeStateDirectory(stateDirectory, {
    market: marketOf(settings),
    databases: settings.databases,
  });
  exchange = await startLocalExchange(settings);
  state.keep();
  say("preparing the database: migrations and series (some five seconds)");
  await buildAssets();
  await prepareDatabase(stateDirectory, settings.databases);
  say("starting the Workers (some ten seconds)");
  const system = await startLocalSystem({
    port,
    stateDirectory,
    variables: {
      OPEN_WRITES: "local",
      D1_SHARDS: String(settings.databases),
      PUBLIC_URL: `http://localhost:${port}`,
      ALERT_WEBHOOKS: settings.webhooks,
      ...exchange.variables,
    },
    onLine: (line) => {
      if (!over.signal.aborted) {
        printer.take(line);
      }
    },
  });
  void system.ended.then((sentence) => stop(sentence, 1));
  welcome(system.url, exchange, stateDirectory);
  await runCron(system, exchange);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => void stop(`${signal}: stopping`, 0));
}

try {
  const settings = readSettings(process.argv.slice(2), process.env);
  if (settings.isHelp) {
    console.log(USAGE);
  } else {
    await start(settings);
  }
} catch (error) {
  await stop(sentenceOf(error), 1);
}
