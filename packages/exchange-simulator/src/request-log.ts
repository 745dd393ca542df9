/** One request that the simulator was asked. */
export interface RequestRecord {
  /** Simulated time of its arrival, Unix milliseconds. */
  readonly atMs: number;
  readonly host: string;
  /** Path without the host and the query. */
  readonly path: string;
  /** Query as it came, without the question mark. */
  readonly query: string;
  /** HTTP status of the answer; 0 where a fault cut the connection. */
  readonly status: number;
  /** What the request cost at the source's rate limit. */
  readonly weight: number;
}

/** The newest requests, oldest first. */
export interface RequestLog {
  add(record: RequestRecord): void;
  all(): readonly RequestRecord[];
  clear(): void;
}

const RECORDS_MAX = 100_000;

export function createRequestLog(): RequestLog {
  let records: RequestRecord[] = [];
  return {
    add(record) {
      records.push(record);
      // Cut in blocks: shifting a long array at each request would cost more than the request.
      if (records.length > RECORDS_MAX * 1.1) {
        records = records.slice(-RECORDS_MAX);
      }
    },
    all: () => records.slice(-RECORDS_MAX),
    clear() {
      records = [];
    },
  };
}
