import { expect, test } from "vitest";
import { ask, MINUTE_MS, NOW_MS, standingSimulator } from "./ask.ts";

const WINDOW_MS = Math.floor(NOW_MS / MINUTE_MS) * MINUTE_MS;
const simulator = await standingSimulator({ startMs: WINDOW_MS });

async function statuses(path: string, count: number, headers = {}): Promise<number[]> {
  const found: number[] = [];
  for (let time = 0; time < count; time += 1) {
    found.push((await ask(simulator, path, headers)).status);
  }
  return found;
}

test("Binance refuses with 429 above 6000 in a minute, then bans with 418 who goes on", async () => {
  const path = "/api.binance.com/api/v3/exchangeInfo?symbol=BTCUSDT";
  expect(new Set(await statuses(path, 300))).toEqual(new Set([200]));
  simulator.setClock({ nowMs: WINDOW_MS + 20_000 });
  const refused = await ask<{ code: number }>(simulator, path);
  expect([refused.status, refused.headers.get("Retry-After"), refused.body.code]).toEqual([
    429,
    "40",
    -1003,
  ]);
  // Another host counts for itself.
  expect(await statuses("/data-api.binance.vision/api/v3/ping", 1)).toEqual([200]);
  expect((await statuses(path, 10)).at(-1)).toBe(418);
  const banned = await ask<{ msg: string }>(simulator, path);
  expect([banned.status, banned.headers.get("Retry-After")]).toEqual([418, "120"]);
  expect(banned.body.msg).toContain(`IP banned until ${WINDOW_MS + 140_000}`);
  simulator.setClock({ nowMs: WINDOW_MS + 139_000 });
  expect(await statuses(path, 1)).toEqual([418]);
  simulator.setClock({ nowMs: WINDOW_MS + 140_000 });
  expect(await statuses(path, 1)).toEqual([200]);
});

test("Kraken refuses above a burst of 15 inside an answer of 200, and forgives one a second", async () => {
  const path = "/api.kraken.com/0/public/Time";
  const errors = async (count: number): Promise<unknown[]> => {
    const found: unknown[] = [];
    for (let time = 0; time < count; time += 1) {
      const { status, body } = await ask<{ error: string[] }>(simulator, path);
      expect(status).toBe(200);
      found.push(body.error[0]);
    }
    return found;
  };
  simulator.setClock({ nowMs: WINDOW_MS });
  expect(await errors(16)).toEqual([...Array.from({ length: 15 }), "EGeneral:Too many requests"]);
  simulator.setClock({ nowMs: WINDOW_MS + 2000 });
  expect(await errors(3)).toEqual([undefined, undefined, "EGeneral:Too many requests"]);
});

test("Coinbase refuses above a burst of 15 with 429, and forgives ten a second", async () => {
  simulator.setClock({ nowMs: WINDOW_MS });
  for (const path of [
    "/api.exchange.coinbase.com/time",
    "/api.coinbase.com/api/v3/brokerage/time",
  ]) {
    simulator.setClock({ nowMs: WINDOW_MS });
    expect(await statuses(path, 16)).toEqual([...Array.from({ length: 15 }, () => 200), 429]);
    simulator.setClock({ nowMs: WINDOW_MS + 500 });
    expect(await statuses(path, 6)).toEqual([200, 200, 200, 200, 200, 429]);
  }
});

test("CryptoCompare refuses above 50 a second with type 99 inside an answer of 200", async () => {
  simulator.setClock({ nowMs: WINDOW_MS });
  const path =
    "/min-api.cryptocompare.com/data/v2/histoday?fsym=BTC&tsym=USD&limit=1&api_key=secret";
  await statuses(path, 50);
  const { status, body } = await ask<{ Type: number }>(simulator, path);
  expect([status, body.Type]).toEqual([200, 99]);
  simulator.setClock({ nowMs: WINDOW_MS + 1000 });
  expect((await ask<{ Type: number }>(simulator, path)).body.Type).toBe(100);
});

test("CoinGecko refuses above 30 a minute with 429 and Retry-After, above 100 with a demo key", async () => {
  simulator.setClock({ nowMs: WINDOW_MS + 45_000 });
  const path = "/api.coingecko.com/api/v3/ping";
  expect(new Set(await statuses(path, 30))).toEqual(new Set([200]));
  const refused = await ask<{ status: { error_code: number } }>(simulator, path);
  expect([
    refused.status,
    refused.headers.get("Retry-After"),
    refused.body.status.error_code,
  ]).toEqual([429, "15", 429]);
  expect(await statuses(path, 1, { "x-cg-demo-api-key": "demo" })).toEqual([200]);
});
