import { hostsAnswer } from "@candlehouse/shared/core/host-state";
import { SOURCES } from "@candlehouse/shared/core/source";
import { runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { sourceOf } from "../src/sources/registry.ts";
import { done, refused } from "./ask.ts";

const { rate, hosts } = sourceOf("kraken");
const [HOST = ""] = hosts;

async function hostsOf(query = "") {
  return hostsAnswer.parse(await done("GET", `/v1/hosts${query}`)).sources;
}

/** Everything that the limiter of the host has stored. */
function storedOf(host: string): Promise<unknown[]> {
  return runInDurableObject(exports.HostLimiter.getByName(host), (_, { storage }) => [
    ...storage.kv.list(),
  ]);
}

describe("GET /v1/hosts", () => {
  test("answers all hosts of all sources, of those never asked too, and writes nothing", async () => {
    const sources = await hostsOf();
    expect(sources.map(({ source }) => source)).toEqual(SOURCES);
    for (const { source, hosts: states } of sources) {
      expect(states.map(({ host }) => host)).toEqual(sourceOf(source).hosts);
    }
    const [coingecko] = await hostsOf("?source=coingecko");
    expect(coingecko?.hosts).toMatchObject([
      { state: "open", silent_until: null, reason: null, strikes: 0, used_ratio: 0 },
    ]);
    expect(await storedOf(coingecko?.hosts[0]?.host ?? "")).toEqual([]);
  });

  test("tells what was spent of a bucket, and changes nothing by that", async () => {
    const limiter = exports.HostLimiter.getByName(HOST);
    const { granted } = await limiter.exchange(rate, [], 1);
    const before = await storedOf(HOST);
    const [kraken] = await hostsOf("?source=kraken");
    const spent = (granted * rate.requestWeight) / rate.burst;
    expect(kraken?.hosts[0]?.used_ratio).toBeGreaterThan(0);
    expect(kraken?.hosts[0]?.used_ratio).toBeLessThanOrEqual(spent + 0.001);
    expect(kraken?.hosts[0]).toMatchObject({ burst: rate.burst, per_second: rate.perSecond });
    expect(await storedOf(HOST)).toEqual(before);
  });

  test("tells until when a host is left alone, and why", async () => {
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const banned = { kind: "rate_limited", retryAfterMs: 90_000 } as const;
    await exports.HostLimiter.getByName(HOST).exchange(rate, [banned], 0);
    const [kraken, ...others] = await hostsOf("?source=kraken&source=kraken");
    expect(others).toEqual([]);
    expect(kraken?.hosts).toMatchObject([
      { host: HOST, state: "silent", reason: "rate_limited", strikes: 1 },
    ]);
    const until = kraken?.hosts[0]?.silent_until ?? 0;
    expect(until - nowSeconds).toBeGreaterThanOrEqual(90);
    expect(until - nowSeconds).toBeLessThan(120);
  });

  test("refuses a source that nobody knows", async () => {
    expect(await refused("GET", "/v1/hosts?source=mtgox")).toMatchObject({
      status: 400,
      parameter: "source",
    });
  });
});
