/** Most characters of a body that are shown: more is slow to draw, and nobody reads it. */
const SHOWN_MAX = 50_000;

/** A message's body for reading: JSON with line breaks, or a text as it is. */
export function bodyText(body: unknown): string {
  const text = typeof body === "string" ? body : JSON.stringify(body, null, 2);
  return text.length > SHOWN_MAX
    ? `${text.slice(0, SHOWN_MAX)}\n… ${text.length - SHOWN_MAX} characters more`
    : text;
}
