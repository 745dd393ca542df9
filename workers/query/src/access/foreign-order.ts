import { WritesClosedError } from "@candlehouse/shared/core/errors";

/** Names of a machine for itself: no page of another site has an address with one of them. */
const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Types that a form of any site sends without the browser asking us first; so is no type at all. */
const SIMPLE_TYPES: ReadonlySet<string> = new Set([
  "",
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data",
]);

/**
 * On one machine everybody may write, but under a name of this machine alone: a page elsewhere can
 * have its own name point here, and is of the same site then as far as a browser can tell. Throws
 * WritesClosedError.
 */
export function assertLoopbackHost(url: string, headers: Headers): void {
  const hosts = [new URL(url).host, headers.get("host")].filter((host) => host !== null);
  const foreign = hosts.find((host) => !LOOPBACK_HOSTS.has(host.replace(/:\d+$/, "")));
  if (foreign !== undefined) {
    throw new WritesClosedError(
      `writing without a key needs the address localhost, 127.0.0.1 or [::1], while this was sent to ${foreign}`,
    );
  }
}

/**
 * For orders that a browser sends with what it knows, and not with a key that somebody chose to
 * show: it lets any site send a simple POST to here, and says of it where it comes from. Throws
 * WritesClosedError where a page of another site may have sent it.
 */
export function assertNoForeignPage(url: string, headers: Headers, takesJson: boolean): void {
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  if (site === "cross-site" || site === "same-site" || isForeign(origin, url)) {
    throw new WritesClosedError("a page of another site may not write here");
  }
  const [type = ""] = (headers.get("content-type") ?? "").split(";");
  if (takesJson && hasBody(headers) && SIMPLE_TYPES.has(type.trim().toLowerCase())) {
    throw new WritesClosedError(
      "a form of any site could have sent this: send JSON with the header Content-Type: application/json",
    );
  }
}

/** An order without one, such as a pause, has nothing that a form could fill. */
function hasBody(headers: Headers): boolean {
  return (
    headers.has("content-type") ||
    headers.has("transfer-encoding") ||
    Number(headers.get("content-length") ?? 0) > 0
  );
}

function isForeign(origin: string | null, url: string): boolean {
  return origin !== null && (!URL.canParse(origin) || new URL(origin).host !== new URL(url).host);
}
