import { problemIn, retryAfterMs } from "./problem.ts";
import { sleep } from "./sleep.ts";

export interface TransportOptions {
  /** Address of the instance, such as https://candles.example.com; a path in it is kept. */
  readonly baseUrl: string;
  /** Shown with every request. Reading needs none unless the instance was configured so. */
  readonly key?: string | undefined;
  /** In place of the runtime's own. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * Milliseconds before the second attempt, the third and so on; a request has one attempt more
   * than there are waits here. A Retry-After that is longer is waited for, up to a minute.
   */
  readonly retryDelaysMs?: readonly number[] | undefined;
}

/** Sends requests to one instance, and repeats them where that may help. */
export interface Transport {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /**
   * The answer to the request that `init` makes, anew for each attempt, to `path` with its query
   * string. Throws CandlehouseProblem where its status is no success; what `fetch` throws where
   * nothing answers; and the reason of an aborted signal.
   */
  send(path: string, init?: () => RequestInit): Promise<Response>;
  /** The answer to `request`, whatever its status; else as `send`. */
  fetch(request: Request): Promise<Response>;
}

const RETRY_DELAYS_MS = [1_000, 3_000, 10_000];

/** A source may ask for silence of a quarter of an hour; who waits for an answer does not. */
const RETRY_AFTER_MS_MAX = 60_000;

/** Statuses that may be others in a moment: too many requests, a gateway, not available. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Throws TypeError where `baseUrl` is no address of HTTP. */
export function createTransport(options: TransportOptions): Transport {
  const baseUrl = readBaseUrl(options.baseUrl);
  const { key, retryDelaysMs = RETRY_DELAYS_MS } = options;
  // Called as a method it would have another `this`, which runtimes refuse.
  const given = options.fetch ?? globalThis.fetch;
  const fetch: typeof globalThis.fetch = (input, init) => given(input, init);
  /** Once something answered there, a broken connection is a passing thing. */
  let hasAnswered = false;

  async function sendRepeatedly(
    attempt: () => Promise<Response>,
    signal: AbortSignal | null | undefined,
  ): Promise<Response> {
    for (const delayMs of retryDelaysMs) {
      const response = await attempt().catch((error: unknown) => {
        if (hasAnswered && signal?.aborted !== true) {
          return undefined;
        }
        throw error;
      });
      if (response !== undefined && !PASSING_STATUSES.has(response.status)) {
        hasAnswered = true;
        return response;
      }
      hasAnswered ||= response !== undefined;
      await response?.body?.cancel();
      const askedMs = response === undefined ? undefined : retryAfterMs(response);
      await sleep(Math.max(delayMs, Math.min(askedMs ?? 0, RETRY_AFTER_MS_MAX)), signal);
    }
    return attempt();
  }

  function withKey(headers: Headers): Headers {
    if (key !== undefined) {
      headers.set("authorization", `Bearer ${key}`);
    }
    return headers;
  }

  return {
    baseUrl,
    send: async (path, init = () => ({})) => {
      const { signal } = init();
      const response = await sendRepeatedly(() => {
        const one = init();
        return fetch(`${baseUrl}${path}`, { ...one, headers: withKey(new Headers(one.headers)) });
      }, signal);
      if (!response.ok) {
        throw await problemIn(response);
      }
      return response;
    },
    fetch: (request) => {
      withKey(request.headers);
      return sendRepeatedly(() => fetch(request.clone()), request.signal);
    },
  };
}

function readBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(
      `baseUrl is ${JSON.stringify(text)}, which is no address such as https://candles.example.com`,
    );
  }
  return text.replace(/\/+$/, "");
}
