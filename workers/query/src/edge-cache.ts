import { logHandlerFailure } from "@candlehouse/shared/log/log";
import { CACHE_BRIEFLY, CACHE_FOR_EVER } from "./answer.ts";

/** Written with every entry: another form of the answers finds none of those that were kept. */
const FORM = 1;

/** Most bytes of answers that one isolate keeps in memory, and of one of them. */
const MEMORY_BYTES_MAX = 8 * 1_024 * 1_024;
const ENTRY_BYTES_MAX = 2 * 1_024 * 1_024;

/** How long an answer may be kept that hardly ever changes. */
const STEADY_SECONDS = 3_600;

/** How long an answer holds, in seconds: 0 where the next minute may change it. */
export function holdsSeconds({
  settled,
  steady,
}: Readonly<Record<"settled" | "steady", boolean>>): number {
  return settled ? Infinity : steady ? STEADY_SECONDS : 0;
}

/** What caches are told of an answer that holds for `seconds`: Infinity where it never changes. */
export function cacheFor(seconds: number): string {
  if (seconds <= 0) {
    return CACHE_BRIEFLY;
  }
  return seconds === Infinity ? CACHE_FOR_EVER : `public, max-age=${seconds}`;
}

/** What is kept of an answer. */
export interface KeptAnswer {
  readonly bytes: Uint8Array;
  /** Until when it is given again, exclusive, unix seconds: Infinity where it never changes. */
  readonly until: number;
  /** Without those that every answer has. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a cache is asked for: `url` is that of the request, whose host alone counts. */
export interface CacheKey {
  readonly url: string;
  /** Names the answer: what is asked in one form, whatever the order and spelling of it was. */
  readonly name: string;
}

/**
 * Keeps answers that never change, or may be kept until a time: a few in the memory of the isolate,
 * all of them in the cache of the data centre. An answer whose time is over is not found.
 */
export class EdgeCache {
  readonly #edge: Pick<Cache, "match" | "put">;
  /** In the order in which they were last asked for. */
  readonly #memory = new Map<string, KeptAnswer>();
  #memoryBytes = 0;

  constructor(edge: Pick<Cache, "match" | "put">) {
    this.#edge = edge;
  }

  /** What the memory has of `key` at `nowSeconds`, in the form `variant`. */
  recall(key: CacheKey, variant: string, nowSeconds: number): KeptAnswer | undefined {
    const place = placeOf(key.name, variant);
    const kept = this.#memory.get(place);
    if (kept === undefined) {
      return undefined;
    }
    if (kept.until <= nowSeconds) {
      this.forget(key, variant);
      return undefined;
    }
    this.#memory.delete(place);
    this.#memory.set(place, kept);
    return kept;
  }

  /** Lets go of what the memory has of `key` in the form `variant`. */
  forget({ name }: CacheKey, variant: string): void {
    const place = placeOf(name, variant);
    this.#memoryBytes -= this.#memory.get(place)?.bytes.length ?? 0;
    this.#memory.delete(place);
  }

  /** Keeps `answer` in memory, in the form `variant`; what was longest not asked for makes room. */
  remember(key: CacheKey, variant: string, answer: KeptAnswer): void {
    this.forget(key, variant);
    if (answer.bytes.length > ENTRY_BYTES_MAX) {
      return;
    }
    this.#memoryBytes += answer.bytes.length;
    this.#memory.set(placeOf(key.name, variant), answer);
    for (const [oldest, { bytes }] of this.#memory) {
      if (this.#memoryBytes <= MEMORY_BYTES_MAX) {
        break;
      }
      this.#memory.delete(oldest);
      this.#memoryBytes -= bytes.length;
    }
  }

  /**
   * What the data centre has of `key` at `nowSeconds`; a cache that fails has nothing, and the log
   * says so.
   */
  async find(key: CacheKey, nowSeconds: number): Promise<KeptAnswer | undefined> {
    try {
      const found = await this.#edge.match(addressOf(key));
      const kept = found === undefined ? undefined : await keptOf(found);
      return kept !== undefined && kept.until > nowSeconds ? kept : undefined;
    } catch (error) {
      logHandlerFailure("edge cache", error);
      return undefined;
    }
  }

  /** Keeps `answer` in the data centre. Never rejects: where it fails, the log says so. */
  async keep(key: CacheKey, answer: KeptAnswer, nowSeconds: number): Promise<void> {
    const { bytes, headers, until } = answer;
    try {
      const kept = new Response(bytes, {
        headers: {
          "cache-control": cacheFor(until - nowSeconds),
          [HEADERS_HEADER]: JSON.stringify(headers),
          [UNTIL_HEADER]: String(until),
        },
      });
      await this.#edge.put(addressOf(key), kept);
    } catch (error) {
      logHandlerFailure("edge cache", error);
    }
  }
}

/** Holds the answer's own headers: a cache would act on some of them, or leave them out. */
const HEADERS_HEADER = "x-candlehouse-headers";

/** Says until when, by the clock of whoever kept the answer. */
const UNTIL_HEADER = "x-candlehouse-until";

async function keptOf(found: Response): Promise<KeptAnswer> {
  const headers: unknown = JSON.parse(found.headers.get(HEADERS_HEADER) ?? "{}");
  return {
    bytes: new Uint8Array(await found.arrayBuffer()),
    until: Number(found.headers.get(UNTIL_HEADER)),
    headers: Object.fromEntries(
      Object.entries(Object(headers)).map(([name, value]) => [name, String(value)]),
    ),
  };
}

function placeOf(name: string, variant: string): string {
  return `${variant} ${name}`;
}

/** An address that no route has, under the host that was called. */
function addressOf({ url, name }: CacheKey): string {
  return new URL(`/__kept/${FORM}?${name}`, url).href;
}
