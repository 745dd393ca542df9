import { parquetSchema, type FileMetaData, type SchemaElement } from "hyparquet";
import { FragmentUnreadableError } from "../core/errors.ts";

/** Names under which each column is known, lower case; the first is this system's own. */
const COLUMN_NAMES = {
  timestamp: ["timestamp", "time", "open_time"],
  open: ["open"],
  high: ["high"],
  low: ["low"],
  close: ["close"],
  volume_from: ["volume_from", "volume"],
  volume_to: ["volume_to", "quote_volume"],
  trades: ["trades"],
  source: ["source"],
  symbol: ["symbol"],
  timeframe: ["timeframe"],
} as const;

type ColumnRole = keyof typeof COLUMN_NAMES;
type NeededRole = "timestamp" | "open" | "high" | "low" | "close";

/** The columns that hold candles, as the file's schema describes them. */
export type ForeignColumns = Readonly<
  Record<NeededRole, SchemaElement> &
    Record<Exclude<ColumnRole, NeededRole>, SchemaElement | undefined>
>;

/** The columns of a file by what they hold. Throws FragmentUnreadableError where one is missing. */
export function findForeignColumns(metadata: FileMetaData): ForeignColumns {
  const elements = flatColumns(metadata);
  const found = (role: ColumnRole): SchemaElement | undefined => findColumn(elements, role);
  const needed = (role: NeededRole): SchemaElement => {
    const element = found(role);
    if (element === undefined) {
      const names = elements.map(({ name }) => name).join(", ");
      throw new FragmentUnreadableError(
        `there is no column ${COLUMN_NAMES[role].join(" or ")}: the columns are ${names}`,
      );
    }
    return element;
  };
  return {
    timestamp: needed("timestamp"),
    open: needed("open"),
    high: needed("high"),
    low: needed("low"),
    close: needed("close"),
    volume_from: found("volume_from"),
    volume_to: found("volume_to"),
    trades: found("trades"),
    source: found("source"),
    symbol: found("symbol"),
    timeframe: found("timeframe"),
  };
}

/** The columns that hold one value a row. */
function flatColumns(metadata: FileMetaData): SchemaElement[] {
  return parquetSchema(metadata)
    .children.filter(
      ({ children, element }) => children.length === 0 && element.repetition_type !== "REPEATED",
    )
    .map(({ element }) => element);
}

function findColumn(
  elements: readonly SchemaElement[],
  role: ColumnRole,
): SchemaElement | undefined {
  for (const name of COLUMN_NAMES[role]) {
    const [first, second] = elements.filter((element) => element.name.toLowerCase() === name);
    if (second !== undefined) {
      throw new FragmentUnreadableError(`there are two columns ${name}: one is expected`);
    }
    if (first !== undefined) {
      return first;
    }
  }
  return undefined;
}
