import { log } from "@candlehouse/shared/log/log";

/** A question that an answer can do without. */
export interface Question<Answer> {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Throws where what was answered is something else. */
  readonly parse: (body: unknown) => Answer;
  /** What is not told without an answer, for the log. */
  readonly what: string;
}

/**
 * What the producer answers, within `patienceMs`. Undefined where it does not, or not what it should,
 * which the log has: all else can be told without it.
 */
export async function askProducer<Answer>(
  producer: Fetcher,
  { path, query, parse, what }: Question<Answer>,
  patienceMs: number,
): Promise<Answer | undefined> {
  try {
    const response = await producer.fetch(`https://producer${path}?${query.toString()}`, {
      signal: AbortSignal.timeout(patienceMs),
    });
    return parse(await response.json());
  } catch (error) {
    log("request.failed", {
      method: "GET",
      path,
      status: 502,
      code: "internal",
      reason: `the producer did not tell ${what}: ${String(error)}`,
    });
    return undefined;
  }
}
