/** A candle's values as text, with the digits that whoever has it gives. */
export type CandleLine = string;

/** From (inclusive) to (exclusive), unix seconds. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Rows that the simulated Binance gives at once. */
const PAGE_ROWS = 1_000;

type Row = readonly [number, string, string, string, string, string, number, string, number];

/**
 * The minutes that the simulated Binance has of `symbol` from `start` to `end`, asked of it
 * directly, without those in `hole`.
 */
export async function marketCandles(
  url: string,
  symbol: string,
  start: number,
  end: number,
  hole: Stretch,
): Promise<CandleLine[]> {
  const lines: CandleLine[] = [];
  // Its second host counts the weight of its requests by itself.
  const base = `${url}/data-api.binance.vision/api/v3/klines?symbol=${symbol}&interval=1m`;
  for (let from = start; from < end; from += PAGE_ROWS * 60) {
    const last = Math.min(end, from + PAGE_ROWS * 60);
    const range = `startTime=${from * 1_000}&endTime=${last * 1_000 - 1}&limit=${PAGE_ROWS}`;
    const response = await fetch(`${base}&${range}`);
    if (!response.ok) {
      throw new Error(`the simulator answered ${response.status}: ${await response.text()}`);
    }
    for (const row of (await response.json()) as Row[]) {
      const time = row[0] / 1_000;
      if (time < hole.start || time >= hole.end) {
        const values = [row[1], row[2], row[3], row[4], row[5], row[7]].map(shortest);
        lines.push([time, ...values, row[8]].join());
      }
    }
  }
  return lines;
}

/** The candles of `series` that the system serves from `start` to `end`. */
export async function servedCandles(
  system: { get(path: string): Promise<{ text(): Promise<string> }> },
  series: string,
  start: number,
  end: number,
): Promise<CandleLine[]> {
  const answer = await system.get(
    `/v1/candles?series=${series}&start=${start}&end=${end}&format=csv`,
  );
  const rows = (await answer.text()).trim().split(/\r?\n/).slice(1);
  // Source, symbol and timeframe come first.
  return rows.map((row) => row.split(",").slice(3).join());
}

/** A decimal without the zeros that say nothing. */
function shortest(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
