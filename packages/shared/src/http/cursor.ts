import { z } from "zod";
import { InvalidInputError, showValue } from "../core/errors.ts";

/** What the pages of one query have in common, by parameter name. */
export type Binding = Readonly<Record<string, string | number | null>>;

/** Longest cursor that is read, in characters: more than any that is given out. */
const CURSOR_LENGTH_MAX = 4_096;

const FROM_AN_ANSWER = "it must be next_cursor of an earlier answer, unchanged";

const cursorContent = z.tuple([
  z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  z.json(),
]);

/** A cursor that goes on at `position`, for queries with the parameters in `binding` alone. */
export function encodeCursor(binding: Binding, position: z.core.util.JSONType): string {
  // Parameters hold printable ASCII only, which btoa can encode.
  return btoa(JSON.stringify([binding, position]))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/**
 * The position in `cursor`. Inverse of `encodeCursor`. Throws InvalidInputError where `cursor` was
 * not given out by this system, or for a query with other parameters.
 */
export function decodeCursor<Position>(
  cursor: string,
  binding: Binding,
  positionSchema: z.ZodType<Position>,
): Position {
  const content = cursorContent.safeParse(readContent(cursor));
  if (!content.success) {
    throw new InvalidInputError("cursor", cursor, FROM_AN_ANSWER);
  }
  const [bound, rawPosition] = content.data;
  for (const name of new Set([...Object.keys(binding), ...Object.keys(bound)])) {
    const there = bound[name] ?? null;
    const here = binding[name] ?? null;
    if (there !== here) {
      throw new InvalidInputError(
        "cursor",
        cursor,
        `it belongs to another query, whose ${name} is ${showParameter(there)}, while here it is ${showParameter(here)}; follow a cursor with the parameters of the first page`,
      );
    }
  }
  const position = positionSchema.safeParse(rawPosition);
  if (!position.success) {
    throw new InvalidInputError("cursor", cursor, FROM_AN_ANSWER);
  }
  return position.data;
}

function showParameter(value: string | number | null): string {
  return value === null ? "not given" : showValue(value);
}

function readContent(cursor: string): unknown {
  if (cursor.length > CURSOR_LENGTH_MAX) {
    return undefined;
  }
  try {
    return JSON.parse(atob(cursor.replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    // No base64url or no JSON: the caller of this function answers for both.
    return undefined;
  }
}
