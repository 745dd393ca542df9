/** How long an answer may take on a busy machine. */
const ANSWER_MS_MAX = 60_000;

/** The text of a good answer; throws a sentence where it is none. */
export async function askText(url: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${init.method ?? "GET"} ${url}: ${response.status} ${text.slice(0, 300)}`);
  }
  return text;
}

/** The answer's JSON, unread. */
export async function askJson(url: string, init: RequestInit = {}): Promise<unknown> {
  return JSON.parse(await askText(url, init));
}

/** Sends `body` as JSON. */
export function sendJson(url: string, body: unknown): Promise<unknown> {
  return askJson(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
