/** How messages of alerts write numbers, times and lists. */

/** `1 candle`, `12,000 candles`. */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${numberText(count)} ${count === 1 ? one : many}`;
}

export function numberText(count: number): string {
  return count.toLocaleString("en-US");
}

/** `2026-11-23 04:00 UTC`, of unix seconds. */
export function timeText(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** The first `limit` of `names`, and how many there are beyond them. */
export function namesText(names: readonly string[], limit: number): string {
  const more = names.length - limit;
  const shown = names.slice(0, limit).join(", ");
  return more > 0 ? `${shown} and ${numberText(more)} more` : shown;
}
