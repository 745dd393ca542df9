import type { paths } from "./api.ts";

/** ISO 8601, unix seconds, or a Date. */
export type Time = string | number | Date;

/** A GET route without a part of its path to fill in, that answers JSON. */
type Route<Path extends keyof paths> = paths[Path] extends {
  readonly get: {
    readonly parameters: { readonly query?: infer Query; readonly path?: never };
    readonly responses: {
      readonly 200: { readonly content: { readonly "application/json": infer Answer } };
    };
  };
}
  ? { readonly query: NonNullable<Query>; readonly answer: Answer }
  : never;

/** The routes that `get` knows. */
export type GetPath = {
  [Path in keyof paths]: [Route<Path>] extends [never] ? never : Path;
}[keyof paths];

/** What `path` answers as JSON. */
export type AnswerOf<Path extends GetPath> = Route<Path>["answer"];

/** The parameters of `path` as its reference has them, with times and series in every form they have. */
export type QueryOf<Path extends GetPath> = {
  readonly [Name in keyof Route<Path>["query"]]: Name extends "start" | "end" | "as_of" | "since"
    ? Time | undefined
    : Name extends "series"
      ? string | readonly string[] | undefined
      : Route<Path>["query"][Name] | undefined;
};

/** The parameters of `path` but those that would make the answer something else than rows of JSON. */
export type RowsQueryOf<Path extends GetPath> = Omit<QueryOf<Path>, "format" | "shape">;

/** The routes that answer page by page. */
export type PagedPath = {
  [Path in GetPath]: AnswerOf<Path> extends { readonly next_cursor: string | null } ? Path : never;
}[GetPath];

/**
 * `path` with `query` behind it: a parameter with several values is there as often, one that is
 * undefined not at all. Throws TypeError where a value is none of text, number, boolean and Date.
 */
export function addressOf(path: string, query: object): string {
  const search = new URLSearchParams();
  for (const [name, given] of Object.entries<unknown>({ ...query })) {
    for (const value of [given].flat()) {
      if (value !== undefined) {
        search.append(name, textOf(name, value));
      }
    }
  }
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

function textOf(name: string, value: unknown): string {
  if (value instanceof Date) {
    return value.toISOString();
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return String(value);
  }
  throw new TypeError(`${name} is a ${typeof value}, which no parameter can be`);
}
