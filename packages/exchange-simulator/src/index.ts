/**
 * A simulator of the exchanges' HTTP APIs on loopback: a request for `https://{host}/{path}` is asked at
 * `{url}/{host}/{path}`.
 */
import { serve, type ServerType } from "@hono/node-server";
import { once } from "node:events";
import { createClock } from "./clock.ts";
import { createExchange } from "./exchange.ts";
import { createFaultBook, type Fault } from "./faults.ts";
import { createCatalogue } from "./market/catalogue.ts";
import { createMarketData } from "./market/market-data.ts";
import { createRandomPath } from "./market/random-path.ts";
import { knownPrices } from "./market/known-prices.ts";
import { openRecordings } from "./market/recorded-market.ts";
import { createRequestLog, type RequestRecord } from "./request-log.ts";
import { createRequestHandler, type RequestHandler } from "./server.ts";

export type { Fault } from "./faults.ts";
export type { RequestRecord } from "./request-log.ts";

export interface SimulatorOptions {
  /** 0 or absent: any free port. */
  port?: number;
  /** Folder of recordings: binance-vision/, binance-rest/, kraken-ohlcvt/. Absent: random market only. */
  recordings?: string;
  /** Default 1. */
  seed?: number;
  /** Simulated time at the start, Unix milliseconds; default Date.now(). */
  startMs?: number;
  /** Simulated seconds per real second, default 1; 0: the clock stands still. */
  speed?: number;
  /** Real milliseconds added to each answer, default 0. */
  latencyMs?: number;
}

export interface Simulator {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  /** Simulated time, Unix milliseconds. */
  nowMs(): number;
  setClock(setting: { nowMs?: number; speed?: number }): void;
  /** Throws an error with a sentence when `fault` is not valid. */
  inject(fault: Fault): void;
  clearFaults(): void;
  /** The newest 100,000 requests to sources, oldest first. */
  requests(): readonly RequestRecord[];
  clearRequests(): void;
  /** Ends the server and every connection. */
  close(): Promise<void>;
}

/** Starts a simulator on loopback. Resolves when it listens; rejects when the port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const seed = options.seed ?? 1;
  const clock = createClock(options.startMs ?? Date.now(), options.speed ?? 1);
  const faults = createFaultBook(seed);
  const log = createRequestLog();
  const catalogue = createCatalogue();
  const recordings =
    options.recordings === undefined ? undefined : openRecordings(options.recordings);
  const known = recordings && knownPrices(catalogue, recordings);
  const data = createMarketData(seed, createRandomPath(seed, known), recordings);
  const exchange = createExchange(catalogue, data);
  const handler = createRequestHandler(exchange, { clock, faults, log }, options.latencyMs ?? 0);
  const { server, port } = await listen(handler, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}`,
    nowMs: () => clock.nowMs(),
    setClock: (setting) => clock.set(setting),
    inject: (fault) => faults.inject(fault),
    clearFaults: () => faults.clear(),
    requests: () => log.all(),
    clearRequests: () => log.clear(),
    close: () => closeServer(server),
  };
}

async function listen(
  handler: RequestHandler,
  port: number,
): Promise<{ readonly server: ServerType; readonly port: number }> {
  const server = serve({
    fetch: handler,
    // Whoever starts a simulator keeps Node's own Request and Response.
    overrideGlobalObjects: false,
    hostname: "127.0.0.1",
    port,
  });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error(`The server listens at ${address}, which is no port`);
  }
  return { server, port: address.port };
}

async function closeServer(server: ServerType): Promise<void> {
  const closed = once(server, "close");
  server.close();
  if ("closeAllConnections" in server) {
    server.closeAllConnections();
  }
  await closed;
}
