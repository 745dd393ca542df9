import type { Import } from "@candlehouse/client";
import { accessKey } from "../api/connection.ts";

interface SendOptions {
  /** Called with the part of the file that was sent, from 0 to 1. */
  readonly onProgress: (ratio: number) => void;
  readonly signal: AbortSignal;
}

/** What `useWrite` takes as an answer. */
interface SentFile {
  readonly data?: Import;
  readonly error?: unknown;
  readonly response: Response;
}

/**
 * Sends `file` to `address` and tells how much of it has gone: fetch would not say. Throws TypeError
 * where nothing answers, and the reason of an aborted signal.
 */
export function sendFile(
  address: string,
  file: Blob,
  { onProgress, signal }: SendOptions,
): Promise<SentFile> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    if (accessKey.value !== null) {
      request.setRequestHeader("authorization", `Bearer ${accessKey.value}`);
    }
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(loaded / total));
    request.addEventListener("load", () => {
      try {
        resolve(sentFileOf(request));
      } catch (error) {
        // A gateway that answers in HTML; without this it would be waited for without an end.
        reject(error);
      }
    });
    request.addEventListener("error", () => reject(new TypeError("The connection broke off")));
    request.addEventListener("abort", () => reject(signal.reason));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}

function sentFileOf(request: XMLHttpRequest): SentFile {
  const wait = request.getResponseHeader("retry-after");
  const response = new Response(null, {
    status: request.status,
    headers: wait === null ? {} : { "retry-after": wait },
  });
  return response.ok
    ? { data: parseReport(request.responseText), response }
    : { error: parseError(request.responseText), response };
}

/** That it is one is what the system's OpenAPI document says; it is not looked at. */
function parseReport(text: string): Import {
  return JSON.parse(text);
}

function parseError(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A gateway in front of the system answers in HTML.
    return text;
  }
}
