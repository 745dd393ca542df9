import { request as httpRequest } from "node:http";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { FuzzRequest } from "./requests.ts";

/** An answer that is not there by then hangs. */
const ANSWER_MS_MAX = 10_000;

/** What came back, its body as it was before it was compressed. */
export interface FuzzAnswer {
  readonly status: number;
  /** Of a header that was sent several times, all, with commas between. */
  readonly header: (name: string) => string | undefined;
  /** Empty of a stream of events, which is broken off once its head is here. */
  readonly body: Buffer;
}

/**
 * Sends `request` as it stands, with methods and headers that fetch would not let through. Throws
 * where no whole answer comes within ten seconds.
 */
export function send(base: URL, { method, path, headers, body }: FuzzRequest): Promise<FuzzAnswer> {
  return new Promise((resolve, reject) => {
    const bytes = body === null ? undefined : Buffer.from(body);
    const asked = httpRequest(
      {
        host: base.hostname,
        port: base.port,
        method,
        path,
        headers: { ...headers, ...(bytes === undefined ? {} : { "content-length": bytes.length }) },
        agent: false,
      },
      (answer) => {
        const header = (name: string): string | undefined => {
          const value = answer.headers[name];
          return Array.isArray(value) ? value.join(", ") : value;
        };
        const status = answer.statusCode ?? 0;
        if (header("content-type")?.startsWith("text/event-stream") === true) {
          finish();
          resolve({ status, header, body: Buffer.alloc(0) });
          asked.destroy();
          return;
        }
        const pieces: Buffer[] = [];
        answer.on("data", (piece: Buffer) => pieces.push(piece));
        answer.on("error", fail);
        answer.on("end", () => {
          finish();
          try {
            const sent = Buffer.concat(pieces);
            const plain = decoded(sent, method === "HEAD" ? undefined : header("content-encoding"));
            resolve({ status, header, body: plain });
          } catch (error) {
            reject(new Error("its body is not in the encoding that it names", { cause: error }));
          }
        });
      },
    );
    const timer = setTimeout(() => {
      asked.destroy();
      reject(new Error(`no whole answer within ${ANSWER_MS_MAX / 1_000} s`));
    }, ANSWER_MS_MAX);
    const finish = (): void => clearTimeout(timer);
    const fail = (error: Error): void => {
      finish();
      reject(new Error(`the connection broke: ${error.message}`, { cause: error }));
    };
    asked.on("error", fail);
    asked.end(bytes);
  });
}

function decoded(body: Buffer, encoding: string | undefined): Buffer {
  switch (encoding) {
    case undefined:
    case "identity":
      return body;
    // Not ours: what stands in for Cloudflare's edge does it where nothing else is asked for.
    case "br":
      return body.length === 0 ? body : brotliDecompressSync(body);
    case "gzip":
      return body.length === 0 ? body : gunzipSync(body);
    case "zstd":
      return body.length === 0 ? body : zstdDecompressSync(body);
    default:
      throw new Error(`nobody asked for ${encoding}`);
  }
}
