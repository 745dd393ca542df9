import { readWeights } from "./header-weights.ts";

/** How the body of an answer is sent. */
export type ContentEncoding = (typeof CONTENT_ENCODINGS)[number];

/** What is taken where the client likes several equally well: the first one. */
export const CONTENT_ENCODINGS = ["zstd", "gzip", "identity"] as const;

/**
 * The encoding that an Accept-Encoding header asks for. Where it is absent or lets none of ours
 * through, the body is sent as it is.
 * https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
 */
export function chooseEncoding(acceptEncoding: string | null): ContentEncoding {
  const weights = encodingWeights(acceptEncoding);
  const weightOf = (encoding: ContentEncoding) => {
    // Who does not name identity takes it, but only if nothing else is to be had.
    const otherwise = encoding === "identity" ? Number.MIN_VALUE : 0;
    return weights.get(encoding) ?? weights.get("*") ?? otherwise;
  };
  const most = Math.max(...CONTENT_ENCODINGS.map(weightOf));
  return (
    CONTENT_ENCODINGS.find((encoding) => most > 0 && weightOf(encoding) === most) ?? "identity"
  );
}

/** Whether an Accept-Encoding header says that a body must not be sent as it is. */
export function refusesIdentity(acceptEncoding: string | null): boolean {
  const weights = encodingWeights(acceptEncoding);
  return (weights.get("identity") ?? weights.get("*")) === 0;
}

/** What a client says of each encoding; x-gzip is an older name of gzip. */
function encodingWeights(header: string | null): Map<string, number> {
  const weights = readWeights(header ?? "");
  const older = weights.get("x-gzip");
  return older === undefined ? weights : weights.set("gzip", older);
}

/** What the client of `request` accepts: Cloudflare puts its own word into the header. */
export function acceptEncodingOf(request: Request): string | null {
  const own: unknown = request.cf?.["clientAcceptEncoding"];
  return typeof own === "string" ? own : request.headers.get("accept-encoding");
}
