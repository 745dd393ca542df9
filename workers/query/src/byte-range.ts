/** Bytes `first` to `last` of something, both inclusive. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

const ONE_RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/i;

/**
 * The bytes that the Range header `range` asks for of `size` bytes. Undefined where it asks for
 * nothing that can be meant, or for several ranges: then all is answered, as RFC 9110 allows;
 * "unsatisfiable" where there is no such byte.
 */
export function parseByteRange(
  range: string,
  size: number,
): ByteRange | "unsatisfiable" | undefined {
  const match = ONE_RANGE.exec(range.replaceAll(" ", ""));
  if (match === null) {
    return undefined;
  }
  const [, from = "", to = ""] = match;
  if (from === "") {
    if (to === "") {
      return undefined;
    }
    return Number(to) === 0
      ? "unsatisfiable"
      : { first: Math.max(0, size - Number(to)), last: size - 1 };
  }
  if (to !== "" && Number(to) < Number(from)) {
    return undefined;
  }
  return Number(from) >= size
    ? "unsatisfiable"
    : { first: Number(from), last: to === "" ? size - 1 : Math.min(Number(to), size - 1) };
}
