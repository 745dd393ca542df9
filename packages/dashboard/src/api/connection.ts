import { createClient, type CandlehouseClient } from "@candlehouse/client";
import { signal } from "@preact/signals";
import { askForKey } from "../shell/key-dialog.tsx";

/** Where the key is kept: it is forgotten with the tab. */
const KEY_ITEM = "candlehouse-key";

/** A page that waits for an answer is repeated soon, or tells that nothing answers. Milliseconds. */
const RETRY_DELAYS_MS = [500, 2_000];

/** The key that everything is sent with; null where none was given. */
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
    return fetchWithKey(new Request(input, { ...cache, ...init }));
  },
});

function withKey(request: Request): Request {
  if (accessKey.value !== null) {
    request.headers.set("authorization", `Bearer ${accessKey.value}`);
  }
  return request;
}

/** The question that is open, for all reads that wait for its answer. */
let asking: Promise<string | null> | undefined;

/** Who does not want to give a key to read is asked again when the page is loaded anew. */
let isDeclined = false;

/**
 * The answer to `request`. Where reading needs a key, the reader of the page is asked for one, once for
 * all that is read, and again where it is wrong. Orders ask by themselves: they may need another key.
 */
async function fetchWithKey(request: Request): Promise<Response> {
  for (;;) {
    const shown = accessKey.value;
    const response = await fetch(withKey(request.clone()));
    const isKeyWanted = response.status === 401 && request.method === "GET";
    if (!isKeyWanted || !(await hasAnotherKey(shown, response.clone()))) {
      return response;
    }
  }
}

/** Whether there is another key by now than `shown`, which was refused by `response`. */
async function hasAnotherKey(shown: string | null, response: Response): Promise<boolean> {
  if (asking === undefined && accessKey.value === shown && !isDeclined) {
    asking = response.json().then((problem: { detail?: string }) => {
      keepKey(null);
      return askForKey(problem.detail ?? "Reading needs a key here.");
    });
    const key = await asking.finally(() => {
      asking = undefined;
    });
    isDeclined = key === null;
    keepKey(key);
  } else {
    await asking;
  }
  return accessKey.value !== shown;
}
