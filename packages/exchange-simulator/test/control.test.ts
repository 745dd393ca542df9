import { describe, expect, test } from "vitest";
import { startSimulator, type RequestRecord } from "../src/index.ts";
import { ask, DAY_MS, klines, MINUTE_MS, NOW_MS, standingSimulator } from "./ask.ts";

const simulator = await standingSimulator();
const CLOSED_MS = Math.floor(NOW_MS / MINUTE_MS) * MINUTE_MS - 10 * MINUTE_MS;
const btc = { symbol: "BTCUSDT", interval: "1m", startTime: CLOSED_MS, limit: 5 };
const path = `/api.binance.com/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime=${CLOSED_MS}&limit=5`;

async function send(
  method: string,
  to: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(simulator.url + to, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}

describe("the clock", () => {
  test("stands still at speed 0, can be set, and dates the answers", async () => {
    expect(simulator.nowMs()).toBe(NOW_MS);
    simulator.setClock({ nowMs: NOW_MS + DAY_MS });
    const { headers } = await ask(simulator, "/api.kraken.com/0/public/Time");
    expect(headers.get("Date")).toBe(new Date(NOW_MS + DAY_MS).toUTCString());
    simulator.setClock({ nowMs: NOW_MS });
  });

  test("runs at its speed", async () => {
    simulator.setClock({ speed: 10_000 });
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    const passedMs = simulator.nowMs() - NOW_MS;
    simulator.setClock({ nowMs: NOW_MS, speed: 0 });
    expect(passedMs).toBeGreaterThan(100_000);
    expect(passedMs).toBeLessThan(60_000_000);
  });

  test("is read and set over HTTP, and refuses what makes no sense", async () => {
    const set = await send("PUT", "/control/clock", { nowMs: NOW_MS + 1000, speed: 0 });
    expect(set).toEqual({
      status: 200,
      body: { nowMs: NOW_MS + 1000, now: "2024-03-20T12:34:28.000Z", speed: 0 },
    });
    expect((await send("GET", "/control/clock")).body).toEqual(set.body);
    const refused = await send("PUT", "/control/clock", { speed: -1 });
    expect(refused.status).toBe(400);
    expect(refused.body).toHaveProperty(
      "error",
      expect.stringContaining("The clock setting is not valid"),
    );
    simulator.setClock({ nowMs: NOW_MS });
  });
});

describe("the request log", () => {
  test("holds what was asked, and can be emptied", async () => {
    simulator.clearRequests();
    await ask(simulator, path);
    const record: RequestRecord = {
      atMs: NOW_MS,
      host: "api.binance.com",
      path: "/api/v3/klines",
      query: path.split("?")[1] ?? "",
      status: 200,
      weight: 2,
    };
    expect(simulator.requests()).toEqual([record]);
    expect((await send("GET", "/control/requests")).body).toEqual([record]);
    await send("DELETE", "/control/requests");
    expect(simulator.requests()).toEqual([]);
  });
});

describe("faults", () => {
  test("a status is answered once, with its body and headers", async () => {
    simulator.inject({
      kind: "status",
      status: 503,
      body: { wait: true },
      headers: { "Retry-After": "7" },
    });
    const failed = await ask(simulator, path);
    expect([failed.status, failed.body, failed.headers.get("Retry-After")]).toEqual([
      503,
      { wait: true },
      "7",
    ]);
    expect((await ask(simulator, path)).status).toBe(200);
  });

  test("api.binance.com can be blocked by region until that is cleared, while the other host answers", async () => {
    simulator.inject({ host: "api.binance.com", kind: "status", status: 451, times: null });
    for (let time = 0; time < 3; time += 1) {
      const { status, body } = await ask(simulator, path);
      expect(status).toBe(451);
      expect(body).toMatchObject({ code: 0, msg: expect.stringContaining("restricted location") });
    }
    expect(
      (await ask(simulator, path.replace("api.binance.com", "data-api.binance.vision"))).status,
    ).toBe(200);
    simulator.clearFaults();
    expect((await ask(simulator, path)).status).toBe(200);
  });

  test("a fault meets only the symbol and the path that it names", async () => {
    simulator.inject({ symbol: "ETHUSDT", kind: "status", status: 500, body: "{}" });
    simulator.inject({ pathIncludes: "interval=5m", kind: "status", status: 502, body: "{}" });
    expect((await ask(simulator, path)).status).toBe(200);
    expect((await ask(simulator, path.replace("BTCUSDT", "ETHUSDT"))).status).toBe(500);
    expect((await ask(simulator, path.replace("1m", "5m"))).status).toBe(502);
  });

  test("a fault with a probability meets about that share, the same for the same seed", async () => {
    simulator.inject({ kind: "status", status: 500, body: "{}", probability: 0.3, times: null });
    let failed = 0;
    for (let time = 0; time < 100; time += 1) {
      failed += (await ask(simulator, path)).status === 500 ? 1 : 0;
    }
    simulator.clearFaults();
    expect(failed).toBeGreaterThan(15);
    expect(failed).toBeLessThan(45);
  });

  test("a cut connection ends in the middle of the body", async () => {
    simulator.inject({ kind: "cut" });
    const cut = fetch(simulator.url + path).then((response) => response.text());
    await expect(cut).rejects.toThrow(/terminated|fetch failed/);
    expect(simulator.requests().at(-1)?.status).toBe(0);
    expect((await ask(simulator, path)).status).toBe(200);
  });

  test("a delay is real time", async () => {
    simulator.inject({ kind: "delay", delayMs: 60 });
    const startedAt = performance.now();
    await ask(simulator, path);
    expect(performance.now() - startedAt).toBeGreaterThan(55);
  });

  test("garbage is HTML with status 200", async () => {
    simulator.inject({ kind: "garbage" });
    const response = await fetch(simulator.url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Type")).toContain("text/html");
    expect(await response.text()).toMatch(/^<!DOCTYPE html>/);
  });

  test("a truncated page has its first rows only", async () => {
    const whole = await klines(simulator, btc);
    simulator.inject({ kind: "truncate", rows: 2 });
    expect(await klines(simulator, btc)).toEqual(whole.slice(0, 2));
    expect(await klines(simulator, btc)).toEqual(whole);
  });

  test("a restated candle has another close and volume from then on, the others stay", async () => {
    const before = await klines(simulator, btc);
    const timestamp = CLOSED_MS + 2 * MINUTE_MS;
    simulator.inject({ symbol: "BTCUSDT", kind: "restate", timestamp, factor: 1.01 });
    for (let time = 0; time < 2; time += 1) {
      const after = await klines(simulator, btc);
      expect(after.filter((row) => row[0] !== timestamp)).toEqual(
        before.filter((row) => row[0] !== timestamp),
      );
      expect(Number(after[2]?.[4])).toBeCloseTo(Number(before[2]?.[4]) * 1.01, 1);
      expect(Number(after[2]?.[5])).toBeCloseTo(Number(before[2]?.[5]) * 1.01, 6);
      expect(Number(after[2]?.[2])).toBeGreaterThanOrEqual(Number(after[2]?.[4]));
    }
    simulator.clearFaults();
    expect(await klines(simulator, btc)).toEqual(before);
  });

  test("are posted, listed and cleared over HTTP", async () => {
    const posted = await send("POST", "/control/faults", { kind: "truncate", rows: 1, times: 3 });
    expect(posted).toEqual({ status: 201, body: [{ kind: "truncate", rows: 1, times: 3 }] });
    expect(await klines(simulator, btc)).toHaveLength(1);
    expect((await send("GET", "/control/faults")).body).toEqual([
      { kind: "truncate", rows: 1, times: 2 },
    ]);
    expect((await send("DELETE", "/control/faults")).status).toBe(204);
    expect(await klines(simulator, btc)).toHaveLength(5);
  });

  test("what is no fault is refused with a sentence", async () => {
    for (const fault of [
      { kind: "explode" },
      { kind: "status", status: 99 },
      { kind: "cut", extra: 1 },
      [],
      undefined,
    ]) {
      const { status, body } = await send("POST", "/control/faults", fault);
      expect(status).toBe(400);
      expect(body).toHaveProperty("error", expect.stringMatching(/^The fault is not valid.*\.$/));
    }
    expect(() => simulator.inject({ kind: "delay", delayMs: -1 })).toThrow(
      "The fault is not valid",
    );
  });
});

test("a path of no known host is answered with the list of hosts", async () => {
  const { status, body } = await ask(simulator, "/api.example.com/x");
  expect(status).toBe(404);
  expect(body).toHaveProperty("hosts", expect.arrayContaining(["api.kraken.com"]));
});

test("a port that is taken is an error", async () => {
  await expect(startSimulator({ port: Number(new URL(simulator.url).port) })).rejects.toThrow(
    "EADDRINUSE",
  );
});
