/** An order that was let in, as it is recorded before it is carried out. */
export interface AuditStart {
  /** Unix seconds. */
  readonly at: number;
  /** Unique within its second; later ones of a second sort behind earlier ones of another millisecond. */
  readonly id: string;
  /** As `callerId` has it. */
  readonly caller: string;
  readonly name: string | null;
  readonly method: string;
  readonly path: string;
  /** JSON, by `describeOrder`. */
  readonly detail: string;
}

/** An order with what came of it: null where it did not come to its end. */
export interface AuditRow extends AuditStart {
  /** Of HTTP. */
  readonly status: number | null;
  readonly duration_ms: number | null;
}

/** Longest text of an order that is kept, in characters. */
export const DETAIL_LENGTH_MAX = 4_000;

/** Longest piece of an order that is kept where the whole is too long, in characters. */
const PIECE_LENGTH_MAX = 1_500;

/** Keys and tokens, wherever they stand: somebody may paste one where it does not belong. */
const KEY_SECRET = /(chk_[a-z2-7]{12}_)[\w-]+/g;
const TOKEN = /\bey[\w-]{8,}(\.[\w-]+){2,}/g;

/** What an order asks for, beside its path. */
export interface OrderParts {
  /** The query string, without its question mark. */
  readonly query: string;
  /** The body where it is text; undefined where it is a file or there is none. */
  readonly body: string | undefined;
  /** Bytes of the body, as they were announced or counted; undefined where neither is known. */
  readonly bytes: number | undefined;
}

/**
 * `order` as JSON of at most `DETAIL_LENGTH_MAX` characters. A body that is no JSON is counted and
 * not kept, and no key and no token is in it.
 */
export function describeOrder({ query, body, bytes }: OrderParts): string {
  const order = jsonIn(body);
  const detail = JSON.stringify({
    ...(query === "" ? {} : { query: withoutSecrets(query) }),
    ...(order === undefined
      ? bytes === undefined || bytes === 0
        ? {}
        : { body_bytes: bytes }
      : { body: order }),
  });
  if (detail.length <= DETAIL_LENGTH_MAX) {
    return detail;
  }
  return JSON.stringify({
    query_start: pieceOf(query),
    ...(order === undefined ? {} : { body_start: pieceOf(JSON.stringify(order)) }),
    body_bytes: bytes ?? 0,
  });
}

/** What the JSON text `body` says, without secrets; undefined where it is none. */
function jsonIn(body: string | undefined): unknown {
  if (body === undefined || body === "") {
    return undefined;
  }
  try {
    // Written anew before secrets are looked for: what was escaped in it is not any more.
    return JSON.parse(withoutSecrets(JSON.stringify(JSON.parse(body))));
  } catch {
    // What is no JSON is refused by the route, and may be anything: it is counted, not kept.
    return undefined;
  }
}

/**
 * The begin of `text`, cut before it becomes JSON once more: each of its characters may take six
 * there.
 */
function pieceOf(text: string): string {
  let piece = withoutSecrets(text).slice(0, PIECE_LENGTH_MAX);
  while (JSON.stringify(piece).length > PIECE_LENGTH_MAX) {
    piece = piece.slice(0, Math.floor(piece.length / 2));
  }
  return piece;
}

function withoutSecrets(text: string): string {
  return text.replaceAll(KEY_SECRET, "$1…").replaceAll(TOKEN, "…");
}
