import { parseKey, type KeyParts } from "@candlehouse/shared/core/api-key";

/** What a request shows of its sender, none of it proven yet. */
export type Credential =
  | ({ readonly kind: "key" } & KeyParts)
  /** Any other text behind Bearer: the operator's own key, or a token. */
  | { readonly kind: "text"; readonly text: string }
  /** A token that Cloudflare Access adds to whatever a signed-in browser sends. */
  | { readonly kind: "assertion"; readonly token: string };

const BEARER = /^Bearer +(\S+)$/i;

/** A browser sends it with every request, whichever page asks. */
const ASSERTION_HEADER = "cf-access-jwt-assertion";

/** What `headers` show, as it was sent; undefined where nothing is shown. */
export function shownText(headers: Headers): string | undefined {
  const [, text] = BEARER.exec(headers.get("authorization") ?? "") ?? [];
  return text ?? headers.get(ASSERTION_HEADER) ?? undefined;
}

/** What `headers` show; a key that somebody chose to send goes before what was added on the way. */
export function credentialOf(headers: Headers): Credential | undefined {
  const [, text] = BEARER.exec(headers.get("authorization") ?? "") ?? [];
  if (text !== undefined) {
    const key = parseKey(text);
    return key === undefined ? { kind: "text", text } : { kind: "key", ...key };
  }
  const token = headers.get(ASSERTION_HEADER);
  return token === null || token === "" ? undefined : { kind: "assertion", token };
}
