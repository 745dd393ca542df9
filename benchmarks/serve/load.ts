/** Asks a server as fast as it answers, and notes how long each answer took. */
import autocannon, { type Options, type Result } from "autocannon";

/** Slower than this, no answer is waited for. */
const TIMEOUT_SECONDS = 120;

/** How long answers took, and how large they are. */
export interface Load {
  /** Milliseconds of each answer. */
  readonly times: readonly number[];
  readonly answersPerSecond: number;
  /** Bytes of an answer with its headers; the mean. */
  readonly bytes: number;
}

/** How a server is asked. */
export interface Asking {
  readonly url: string;
  /** What is asked for next: path and query. */
  readonly nextPath: () => string;
  /** How many wait for an answer at once, each of which asks again when it has it. */
  readonly connections: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The status of a good answer; 200 where it is not given. */
  readonly status?: number;
}

/** Asks until `answers` have come. Throws where one is not good. */
export async function askFor(asking: Asking, answers: number): Promise<Load> {
  const { url, nextPath, connections, headers = {}, status: good = 200 } = asking;
  const times: number[] = [];
  const wrong = new Set<number>();
  const started = performance.now();
  let ended = started;
  const result = await new Promise<Result>((resolve, reject) => {
    const options: Options = {
      url,
      connections,
      headers: { ...headers },
      amount: answers,
      timeout: TIMEOUT_SECONDS,
      requests: [{ setupRequest: (request) => ({ ...request, path: nextPath() }) }],
    };
    const instance = autocannon(options, (error, done) => (error ? reject(error) : resolve(done)));
    // Its own histogram has whole milliseconds.
    instance.on("response", (_client, status, _bytes, milliseconds) => {
      ended = performance.now();
      times.push(milliseconds);
      if (status !== good) {
        wrong.add(status);
      }
    });
  });
  const { errors, timeouts, throughput } = result;
  if (wrong.size + errors + timeouts > 0 || times.length === 0) {
    throw new Error(
      `${url}${nextPath()}: status ${[...wrong].join(", ") || good}, ${errors} errors, ${timeouts} timeouts`,
    );
  }
  return {
    times,
    answersPerSecond: (times.length / (ended - started)) * 1_000,
    bytes: throughput.total / times.length,
  };
}

/** Warms a server up for `seconds`, and returns how many answers it gives in that time. */
export async function warmUp(asking: Asking, seconds: number): Promise<number> {
  let answers = asking.connections;
  for (;;) {
    const { answersPerSecond } = await askFor(asking, answers);
    const most = Math.max(asking.connections, Math.round(answersPerSecond * seconds));
    if (answers >= most / 2) {
      return most;
    }
    answers = most;
  }
}

/** The value below which `share` of `times` lies. */
export function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
