import { parquetSchema, type FileMetaData, type SchemaElement, type SchemaTree } from "hyparquet";
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
  const { children } = parquetSchema(metadata);
  const found = (role: ColumnRole): SchemaElement | undefined => findColumn(children, role);
  const needed = (role: NeededRole): SchemaElement => {
    const element = found(role);
    if (element === undefined) {
      const names = children.map(({ element: { name } }) => name).join(", ");
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

function findColumn(columns: readonly SchemaTree[], role: ColumnRole): SchemaElement | undefined {
  for (const name of COLUMN_NAMES[role]) {
    const [first, second] = columns.filter(({ element }) => element.name.toLowerCase() === name);
    if (second !== undefined) {
      throw new FragmentUnreadableError(`there are two columns ${name}: one is expected`);
    }
    if (first !== undefined) {
      return expectFlat(first);
    }
  }
  return undefined;
}

/** A column that would be left out for what it is would be taken for one that is not there. */
function expectFlat({ children, element }: SchemaTree): SchemaElement {
  if (children.length > 0 || element.repetition_type === "REPEATED") {
    throw new FragmentUnreadableError(
      `column ${element.name} holds lists or records: one value a row is expected`,
    );
  }
  return element;
}
