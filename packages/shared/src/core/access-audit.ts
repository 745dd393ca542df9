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
const TOKEN_BEGIN = /ey[\w-]{8}/;

/** Where a token may be in: each run of such letters is looked at once, however long it is. */
const DOTTED = /(?<![\w.-])[\w-]+(?:\.[\w-]+){2,}/g;

/** A shorter text is no secret, and may be a part of what it stands in by chance. */
const SHOWN_LENGTH_MIN = 12;

/** What an order asks for, beside its path. */
export interface OrderParts {
  /** The query string, without its question mark. */
  readonly query: string;
  /** The body where it is text; undefined where it is a file or there is none. */
  readonly body: string | undefined;
  /** Bytes of the body, as they were announced or counted; undefined where neither is known. */
  readonly bytes: number | undefined;
  /** What its sender showed, of whatever form: it is not kept either. */
  readonly shown: string | undefined;
}

/**
 * `order` as JSON of at most `DETAIL_LENGTH_MAX` characters. A body that is no JSON is counted and
 * not kept, and no key and no token is in it.
 */
export function describeOrder({ query, body, bytes, shown }: OrderParts): string {
  const order = jsonIn(body, shown);
  const detail = JSON.stringify({
    ...(query === "" ? {} : { query: addressWithoutSecrets(query, shown) }),
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
    query_start: pieceOf(addressWithoutSecrets(query, shown)),
    ...(order === undefined ? {} : { body_start: pieceOf(JSON.stringify(order)) }),
    body_bytes: bytes ?? 0,
  });
}

/** What the JSON text `body` says, without secrets; undefined where it is none. */
function jsonIn(body: string | undefined, shown: string | undefined): unknown {
  if (body === undefined || body === "") {
    return undefined;
  }
  try {
    // Written anew before secrets are looked for: what was escaped in it is not any more.
    const shownInJson = shown === undefined ? undefined : JSON.stringify(shown).slice(1, -1);
    return JSON.parse(withoutSecrets(JSON.stringify(JSON.parse(body)), shownInJson));
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
  let piece = text.slice(0, PIECE_LENGTH_MAX);
  while (JSON.stringify(piece).length > PIECE_LENGTH_MAX) {
    piece = piece.slice(0, Math.floor(piece.length / 2));
  }
  return piece;
}

/**
 * `text`, a path or a query string, without secrets: as it was sent where it has none, and else with
 * what was percent-encoded in it as it is.
 */
export function addressWithoutSecrets(text: string, shown: string | undefined): string {
  const plain = decodeAscii(text);
  const clean = withoutSecrets(plain, shown);
  return clean === plain ? text : clean;
}

/** `text` without percent-encoding of ASCII, however often it was encoded. */
function decodeAscii(text: string): string {
  return text
    .replaceAll(/%(?:25)+(?=[0-9a-f]{2})/gi, "%")
    .replaceAll(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

function withoutSecrets(text: string, shown: string | undefined): string {
  const known =
    shown === undefined || shown.length < SHOWN_LENGTH_MIN ? text : text.replaceAll(shown, "…");
  return known.replaceAll(KEY_SECRET, "$1…").replaceAll(DOTTED, withoutToken);
}

/** `run`, parts with dots between, without the token that begins in it: two parts or more follow. */
function withoutToken(run: string): string {
  const begin = run.search(TOKEN_BEGIN);
  const isToken = begin !== -1 && run.slice(begin).split(".").length > 2;
  return isToken ? `${run.slice(0, begin)}…` : run;
}
