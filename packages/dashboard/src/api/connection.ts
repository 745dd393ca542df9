import { createClient, type CandlehouseClient } from "@candlehouse/client";
import { signal } from "@preact/signals";

/** Where the key is kept: it is forgotten with the tab. */
const KEY_ITEM = "candlehouse-key";

/** A page that waits for an answer is repeated soon, or tells that nothing answers. Milliseconds. */
const RETRY_DELAYS_MS = [500, 2_000];

/** The key that writes are sent with; null where none was given. */
export const accessKey = signal<string | null>(sessionStorage.getItem(KEY_ITEM));

/** Keeps `key` until the tab is closed; null forgets it. */
export function keepKey(key: string | null): void {
  accessKey.value = key;
  if (key === null) {
    sessionStorage.removeItem(KEY_ITEM);
  } else {
    sessionStorage.setItem(KEY_ITEM, key);
  }
}

/** Answers of the system may be kept so long by a browser, milliseconds. */
const KEPT_MS = 5_000;

let freshUntilMs = 0;

/** For the next seconds nothing is read out of the browser's cache: it does not know of a write. */
export function readFresh(): void {
  freshUntilMs = performance.now() + KEPT_MS;
}

/** Asks the system that serves this page. */
export const client: CandlehouseClient = createClient({
  baseUrl: location.origin,
  retryDelaysMs: RETRY_DELAYS_MS,
  fetch: (input, init) => {
    const cache = performance.now() < freshUntilMs ? { cache: "no-cache" as const } : {};
    return fetch(withKey(new Request(input, { ...cache, ...init })));
  },
});

function withKey(request: Request): Request {
  if (accessKey.value !== null) {
    request.headers.set("authorization", `Bearer ${accessKey.value}`);
  }
  return request;
}
