import type { z } from "zod";
import { InvalidInputError } from "../core/errors.ts";

/**
 * The members of the JSON object that `body` is; an empty body is an empty object. Throws
 * InvalidInputError.
 */
export function membersOf(body: string): Record<string, unknown> {
  const value: unknown = body.trim() === "" ? {} : parseJson(body);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidInputError("body", value, "it must be a JSON object");
  }
  return Object.fromEntries(Object.entries(value));
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new InvalidInputError("body", body, "it must be JSON");
  }
}

/**
 * `members` by `schema`. Throws InvalidInputError with the first one that cannot be meant: the
 * schema's own messages say what is allowed.
 */
export function parseMembers<Shape extends z.core.$ZodShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
  members: Readonly<Record<string, unknown>>,
): z.output<z.ZodObject<Shape, z.core.$strict>> {
  const result = schema.safeParse(members);
  if (result.success) {
    return result.data;
  }
  const [issue] = result.error.issues;
  if (issue?.code === "unrecognized_keys" && issue.path.length === 0) {
    const [name = ""] = issue.keys;
    const known = Object.keys(schema.shape).join(", ");
    throw new InvalidInputError(name, members[name], `there are ${known}`);
  }
  const name = String(issue?.path[0] ?? "body");
  throw new InvalidInputError(name, members[name], issue?.message ?? "unreadable");
}
