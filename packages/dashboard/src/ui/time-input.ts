import type { Zone } from "../shell/settings.ts";

/** How the browser's field for date and time of day has them: `2026-11-22T10:00`. Unix seconds. */

/** `seconds` as the field shows them in `zone`; empty for null. */
export function toTimeInput(seconds: number | null, zone: Zone): string {
  if (seconds === null) {
    return "";
  }
  const shift = zone === "UTC" ? 0 : new Date(seconds * 1_000).getTimezoneOffset() * 60;
  return new Date((seconds - shift) * 1_000).toISOString().slice(0, 16);
}

/** What the field's text means in `zone`; null where it is empty or no time. */
export function fromTimeInput(text: string, zone: Zone): number | null {
  const ms = text === "" ? Number.NaN : Date.parse(zone === "UTC" ? `${text}Z` : text);
  return Number.isNaN(ms) ? null : Math.floor(ms / 1_000);
}
