import { formatSeries } from "./series.ts";

/**
 * Most databases that series are spread over: a list asks each of them, and an invocation of a
 * Worker may make 1,000 queries. https://developers.cloudflare.com/d1/platform/limits/
 */
export const SHARDS_MAX = 100;

/** What names a series; its members are any text, as tables have it. */
export interface SeriesName {
  readonly source: string;
  readonly symbol: string;
  readonly timeframe: string;
}

/**
 * The number, from 0 to `count - 1`, of the database that holds `series`. It follows from the name
 * alone, on each machine and in each version: what is stored is found by it. Of `count`
 * databases the one with the highest score has the series; so one more database takes from each of
 * the others what it scores highest for, and nothing else changes its place.
 */
export function shardOf(series: SeriesName, count: number): number {
  if (count === 1) {
    return 0;
  }
  const hash = hashText(formatSeries(series));
  let best = 0;
  let highest = -1;
  for (let shard = 0; shard < count; shard += 1) {
    const score = scoreOf(hash, shard);
    if (score > highest) {
      best = shard;
      highest = score;
    }
  }
  return best;
}

/** FNV-1a of the text's characters, 32 bits. http://www.isthe.com/chongo/tech/comp/fnv/ */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let place = 0; place < text.length; place += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193);
  }
  return hash >>> 0;
}

/** 0x9e3779b9 is odd: databases of different numbers give different starts. */
function scoreOf(hash: number, shard: number): number {
  return mix(mix(hash) ^ Math.imul(shard + 1, 0x9e3779b9));
}

/** The last step of MurmurHash3, which spreads each bit over all; no two numbers become one. */
function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
