/** Calendar months, UTC, by their names: 2026-11. */

/** The month `step` months after `month`. */
export function monthAfter(month: string, step: number): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + step)).toISOString().slice(0, 7);
}

/** `November 2026`. */
export function monthText(month: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    timeZone: "UTC",
    year: "numeric",
    month: "long",
  }).format(Date.parse(`${month}-01T00:00:00Z`));
}

/** The day that holds `seconds`, UTC: 2026-11-23. */
export function dayOf(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 10);
}

/** Every day of `month`, up to `last` where that is one of them: 2026-11-01 and on. */
export function daysOf(month: string, last: string): readonly string[] {
  const start = Date.parse(`${month}-01T00:00:00Z`);
  const days: string[] = [];
  for (let at = start; ; at += 86_400_000) {
    const day = dayOf(at / 1_000);
    if (!day.startsWith(month) || day > last) {
      return days;
    }
    days.push(day);
  }
}
