import { UnauthorizedError, WritesClosedError } from "@candlehouse/shared/core/errors";
import type { WriteSettings } from "./settings.ts";

const BEARER = /^Bearer +(\S+)$/i;

/**
 * Passes where the sender of a request with `headers` may write. Throws WritesClosedError where
 * nobody may, or a page of another site asks; UnauthorizedError where the key is not shown or
 * another.
 */
export async function assertMayWrite(headers: Headers, settings: WriteSettings): Promise<void> {
  const { openToAll, keySha256 } = settings;
  if (openToAll) {
    assertNoForeignPage(headers);
    return;
  }
  if (keySha256 === undefined) {
    throw new WritesClosedError(
      "no key is configured, so nobody may write: store the hexadecimal SHA-256 of a key of your choice as the secret WRITE_KEY_SHA256 of the query Worker, then send Authorization: Bearer with the key",
    );
  }
  const key = BEARER.exec(headers.get("authorization") ?? "")?.[1];
  if (key === undefined) {
    throw new UnauthorizedError("writing needs the header Authorization: Bearer KEY");
  }
  const shown = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  // Takes the same time wherever the two differ, so that nobody finds the digest byte by byte.
  if (!crypto.subtle.timingSafeEqual(shown, keySha256)) {
    throw new UnauthorizedError(
      "the key in the Authorization header is not the one that may write",
    );
  }
}

/**
 * On one machine everybody may write, but not every page that somebody on it has open: a browser
 * lets any site send a simple POST to localhost, and says of it that it crosses sites.
 */
function assertNoForeignPage(headers: Headers): void {
  const site = headers.get("sec-fetch-site");
  if (site === "cross-site" || site === "same-site") {
    throw new WritesClosedError("a page of another site may not write here");
  }
}
