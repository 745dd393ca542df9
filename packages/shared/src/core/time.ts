/** What `parseTime` reads, as an error tells a caller. */
export const TIME_FORMS =
  "ISO 8601 such as 2026-11-22, 2026-11-22T10:00:00Z or 2026-11-22T12:00+02:00 (UTC where no zone is given), or unix seconds such as 1795341600 (13 digits are milliseconds)";

/** Fewer digits are a year or a compact date, not a time: no market is older than 1973. */
const UNIX_SECONDS = /^(0|\d{9,11})(\.\d{1,9})?$/;
const UNIX_MILLISECONDS = /^\d{13}$/;
/** A plus sign that was not percent-encoded arrives as a space: `10:00+02:00` is `10:00 02:00`. */
const ISO_8601 =
  /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(?::(\d{2})(\.\d{1,9})?)?(?:[Zz]|([+\- ])(\d{2}):?(\d{2}))?)?$/;

/**
 * The time that `text` names, in unix seconds, or undefined where it names none. A part of a
 * second is rounded up: as the inclusive start or the exclusive end of a range of whole seconds
 * that changes nothing.
 */
export function parseTime(text: string): number | undefined {
  if (UNIX_SECONDS.test(text)) {
    return Math.ceil(Number(text));
  }
  if (UNIX_MILLISECONDS.test(text)) {
    return Math.ceil(Number(text) / 1_000);
  }
  return parseIsoTime(text);
}

function parseIsoTime(text: string): number | undefined {
  const match = ISO_8601.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, date, minute = "00:00", second = "00", fraction = "0", sign, hours, minutes] = match;
  const local = `${date}T${minute}:${second}.000Z`;
  const localMs = Date.parse(local);
  // A date that no calendar has, such as February 30, is refused or moved on: neither is meant.
  if (Number.isNaN(localMs) || new Date(localMs).toISOString() !== local) {
    return undefined;
  }
  const offset = offsetSeconds(sign, hours, minutes);
  return offset === undefined ? undefined : localMs / 1_000 + Math.ceil(Number(fraction)) - offset;
}

/** How far the zone's clocks are ahead of UTC; undefined where there is no such zone. */
function offsetSeconds(
  sign: string | undefined,
  hours: string | undefined,
  minutes: string | undefined,
): number | undefined {
  if (hours === undefined || minutes === undefined) {
    return 0;
  }
  if (Number(hours) > 23 || Number(minutes) > 59) {
    return undefined;
  }
  const seconds = Number(hours) * 3_600 + Number(minutes) * 60;
  return sign === "-" ? -seconds : seconds;
}
