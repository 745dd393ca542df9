import { InvalidInputError } from "../core/errors.ts";
import { delimiterOf, isHeader, normalName, placeByName, splitCells } from "./column-names.ts";
import type { ImportFormat } from "./recognise-file.ts";

/** What a column of a CSV file can be; the order is that of `CandleValues`. */
export const COLUMN_ROLES = [
  "time",
  "open",
  "high",
  "low",
  "close",
  "volume_from",
  "volume_to",
  "trades",
] as const;

export type ColumnRole = (typeof COLUMN_ROLES)[number];

/** Units of a time that is a number. `auto` goes by its size, which is clear from 1973 to 2200. */
export const TIME_UNITS = ["auto", "s", "ms", "us", "ns"] as const;

export type TimeUnit = (typeof TIME_UNITS)[number];

/** Where a row's values stand. */
export interface ColumnPlan {
  /** Role of the column at each place; undefined where it is not read. */
  readonly roles: readonly (ColumnRole | undefined)[];
  /** One character. */
  readonly delimiter: string;
  readonly unit: TimeUnit;
}

/** A column map as it was asked for: a place, counted from 0, or a header's name for each role. */
export type ColumnMap = ReadonlyMap<ColumnRole, string>;

const KRAKEN: readonly ColumnRole[] = [
  "time",
  "open",
  "high",
  "low",
  "close",
  "volume_from",
  "trades",
];

const BINANCE: readonly (ColumnRole | undefined)[] = [
  "time",
  "open",
  "high",
  "low",
  "close",
  "volume_from",
  undefined,
  "volume_to",
  "trades",
];

/** What Binance's headers have beside that: it says nothing of a candle that is stored. */
const BINANCE_UNREAD: ReadonlySet<string> = new Set([
  "close_time",
  "taker_buy_volume",
  "taker_buy_quote_volume",
  "taker_buy_base_asset_volume",
  "taker_buy_quote_asset_volume",
  "ignore",
]);

const NEEDED: readonly ColumnRole[] = ["time", "open", "high", "low", "close"];
const PLACE = /^\d{1,3}$/;
const PLACES_MAX = 200;

/** The map in `text`, such as `time:0,open:1,high:2,low:3,close:4`. Throws InvalidInputError. */
export function parseColumnMap(text: string): ColumnMap {
  const map = new Map<ColumnRole, string>();
  for (const pair of text.split(",")) {
    const colon = pair.indexOf(":");
    const role = COLUMN_ROLES.find((name) => name === pair.slice(0, colon).trim());
    const place = pair.slice(colon + 1).trim();
    if (role === undefined || place === "" || map.has(role)) {
      throw new InvalidInputError(
        "columns",
        text,
        `role:place or role:name, comma between, each role once; roles are ${COLUMN_ROLES.join(", ")}`,
      );
    }
    if (PLACE.test(place) && Number(place) >= PLACES_MAX) {
      throw new InvalidInputError("columns", text, `places go from 0 to ${PLACES_MAX - 1}`);
    }
    map.set(role, place);
  }
  const missing = NEEDED.find((role) => !map.has(role));
  if (missing !== undefined) {
    throw new InvalidInputError("columns", text, `${missing} is needed`);
  }
  return map;
}

export interface PlanRequest {
  readonly format: Exclude<ImportFormat, "parquet">;
  readonly columns?: ColumnMap | undefined;
  readonly unit: TimeUnit;
  /** Of the series, canonical: headers may name volumes by its assets. */
  readonly symbol?: string | undefined;
}

/** How a file is read, as its first line has it. */
export interface FirstLinePlan extends ColumnPlan {
  readonly hasHeader: boolean;
  /** Columns that the header names and nothing reads, as it spells them. */
  readonly unused: readonly string[];
}

/**
 * Where the values stand in a file whose first line is `line`: a map says it, else its header, else
 * the format. As text, why that cannot be told.
 */
export function planColumns(line: string, request: PlanRequest): FirstLinePlan | string {
  const { format, columns, unit } = request;
  const delimiter = delimiterOf(line);
  const hasHeader = isHeader(line);
  const base = { delimiter, unit, hasHeader, unused: [] };
  const header = hasHeader ? splitCells(line, delimiter) : undefined;
  if (columns !== undefined) {
    const roles = rolesByMap(columns, header?.map(normalName));
    return typeof roles === "string" ? roles : { ...base, roles };
  }
  if (header !== undefined) {
    const roles = rolesByHeader(header, request);
    const unused = header.filter(
      (name, place) =>
        roles[place] === undefined &&
        name !== "" &&
        !(format === "binance" && BINANCE_UNREAD.has(normalName(name))),
    );
    return typeof roles === "string" ? roles : { ...base, roles, unused };
  }
  if (format === "csv") {
    return "the file has no header line: columns=time:0,open:1,… says where its values stand";
  }
  const cells = splitCells(line, delimiter);
  if (format === "kraken" && /^\d/.test(cells[KRAKEN.length] ?? "")) {
    // Kraken's API has an average price before the volume: by place, it would be taken for one.
    return `a line has ${cells.length} columns, and Kraken's files ${KRAKEN.length}: columns=time:0,open:1,… says where its values stand`;
  }
  return { ...base, roles: format === "kraken" ? KRAKEN : BINANCE };
}

type Roles = readonly (ColumnRole | undefined)[];

function rolesByMap(columns: ColumnMap, names: readonly string[] | undefined): Roles | string {
  const roles: (ColumnRole | undefined)[] = [];
  for (const role of COLUMN_ROLES) {
    const place = placeIn(columns, role, names);
    if (typeof place === "string") {
      return place;
    }
    if (place !== undefined) {
      if (roles[place] !== undefined) {
        return `column ${place} cannot be both ${roles[place]} and ${role}`;
      }
      roles[place] = role;
    }
  }
  // Of a list with holes, each place is there.
  return Array.from(roles);
}

/** A file of a known format has all that the format has: what is not named is not guessed. */
function rolesByHeader(header: readonly string[], { format, symbol }: PlanRequest): Roles | string {
  const needed = format === "csv" ? NEEDED : format === "kraken" ? KRAKEN : BINANCE;
  const names = header.map(normalName);
  const roles: (ColumnRole | undefined)[] = [];
  const missing: ColumnRole[] = [];
  for (const role of COLUMN_ROLES) {
    const place = placeByName(role, names, symbol);
    if (place !== undefined) {
      roles[place] = role;
    } else if (needed.includes(role)) {
      missing.push(role);
    }
  }
  if (missing.length > 0) {
    const other = format === "csv" ? "" : `; format=csv reads files of other columns`;
    return `no column of the header is ${missing.join(", ")}: columns=time:name,open:name,… says which are meant${other}`;
  }
  return Array.from(roles);
}

function placeIn(
  columns: ColumnMap,
  role: ColumnRole,
  names: readonly string[] | undefined,
): number | string | undefined {
  const place = columns.get(role);
  if (place === undefined || PLACE.test(place)) {
    return place === undefined ? undefined : Number(place);
  }
  const at = names?.indexOf(normalName(place)) ?? -1;
  return at < 0 ? `${role}: the file has no header with a column ${place}` : at;
}
