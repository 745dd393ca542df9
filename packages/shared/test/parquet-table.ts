import type { KeyValue, SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { oneOf, wholeOf, type Draw } from "../../../tests/fuzz/draw.ts";
import type { Candle } from "../src/core/candle.ts";

/** A candle as the file has it, or in its place a part of the sentence that refuses its row. */
export type Expected = Candle | string;

interface Column {
  readonly element: SchemaElement;
  readonly values: readonly unknown[];
}

/** Candles in the columns of some program, before they are a file. */
export interface Table {
  readonly columns: readonly Column[];
  readonly expected: readonly Expected[];
  readonly said: readonly KeyValue[];
}

type Repetition = "OPTIONAL" | "REQUIRED";
type Field = "open" | "high" | "low" | "close" | "volume_from";

const START = 1_790_812_800;
const FIELDS: readonly Field[] = ["open", "high", "low", "close", "volume_from"];
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  timestamp: ["timestamp", "Time", "OPEN_TIME"],
  open: ["open", "Open"],
  volume_from: ["volume_from", "Volume"],
};

/** Candles `from` on, one a minute, whose prices have two digits after the point. */
function candlesOf(rows: number): Candle[] {
  return Array.from({ length: rows }, (_, row) => ({
    timestamp: START + row * 60,
    open: (2_750_000 + row * 7) / 100,
    high: (2_760_000 + row * 11) / 100,
    low: (2_740_000 - row * 3) / 100,
    close: (2_750_050 + row) / 100,
    volume_from: (100 + row) / 100,
    volume_to: null,
    trades: null,
  }));
}

/** A table of one to sixty candles in columns of types that are read; some changed in what they hold. */
export function tableOf(draw: Draw): Table {
  const candles = candlesOf(wholeOf(draw, 1, 60));
  const columns = [
    timestampColumn(draw, candles),
    ...FIELDS.map((field) => decimalColumn(draw, field, candles)),
  ];
  let table: Table = { columns, expected: candles, said: [] };
  for (let left = wholeOf(draw, 0, 3); left > 0; left -= 1) {
    table = oneOf(draw, CHANGES)(draw, table);
  }
  return table;
}

function timestampColumn(draw: Draw, candles: readonly Candle[]): Column {
  const forms: readonly (readonly [factor: number, element: Partial<SchemaElement>])[] = [
    [1, {}],
    [1_000_000, {}],
    [1_000, { converted_type: "TIMESTAMP_MILLIS" }],
    [1_000_000, { logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" } }],
  ];
  const [factor, more] = oneOf(draw, forms);
  return {
    element: { name: "timestamp", type: "INT64", repetition_type: repetitionOf(draw), ...more },
    values: candles.map(({ timestamp }) => BigInt(timestamp) * BigInt(factor)),
  };
}

function repetitionOf(draw: Draw): Repetition {
  return draw() < 0.5 ? "OPTIONAL" : "REQUIRED";
}

function decimalColumn(draw: Draw, name: Field, candles: readonly Candle[]): Column {
  const cents = candles.map((candle) => BigInt(Math.round(Number(candle[name]) * 100)));
  const decimal = { type: "DECIMAL", precision: 18, scale: 2 } as const;
  const choices: readonly (() => Column)[] = [
    () => ({
      element: { name, type: "DOUBLE", repetition_type: repetitionOf(draw) },
      values: candles.map((candle) => candle[name]),
    }),
    () => ({
      element: {
        name,
        type: "INT64",
        repetition_type: repetitionOf(draw),
        converted_type: "DECIMAL",
        precision: 18,
        scale: 2,
        ...(draw() < 0.5 ? { logical_type: decimal } : {}),
      },
      values: cents,
    }),
    () => ({
      element: {
        name,
        type: "BYTE_ARRAY",
        repetition_type: repetitionOf(draw),
        converted_type: "UTF8",
      },
      values: candles.map((candle) => String(candle[name])),
    }),
  ];
  return oneOf(draw, choices)();
}

/** What may be changed in a table so that it is still clear what its rows are. */
const CHANGES: readonly ((draw: Draw, table: Table) => Table)[] = [
  (draw, table) => ({ ...table, columns: shuffled(draw, table.columns) }),
  (draw, table) => {
    const order = shuffled(draw, [...table.expected.keys()]);
    const moved = <Value>(values: readonly Value[]): Value[] =>
      order.flatMap((place) => values.slice(place, place + 1));
    return {
      ...table,
      expected: moved(table.expected),
      columns: table.columns.map((column) => ({ ...column, values: moved(column.values) })),
    };
  },
  (draw, table) => ({
    ...table,
    columns: table.columns.map(({ element, values }) => ({
      values,
      element: { ...element, name: oneOf(draw, ALIASES[element.name] ?? [element.name]) },
    })),
  }),
  (draw, table) => withExtra(draw, table),
  (_draw, table) => ({
    ...table,
    columns: table.columns.filter(({ element }) => !/^volume/i.test(element.name)),
    expected: table.expected.map((row) =>
      typeof row === "string" ? row : { ...row, volume_from: null },
    ),
  }),
  (draw, table) => withNull(draw, table),
  (draw, table) => ({
    ...table,
    said: [...table.said, { key: oneOf(draw, ["pandas", "candlehouse.series"]), value: "{}" }],
  }),
];

function withExtra(draw: Draw, table: Table): Table {
  const rows = table.expected.length;
  const name = `extra${wholeOf(draw, 0, 1e9)}`;
  const extras: readonly Column[] = [
    {
      element: { name, type: "BOOLEAN", repetition_type: "OPTIONAL" },
      values: Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? null : row % 2 === 0)),
    },
    {
      element: { name, type: "FLOAT", repetition_type: "REQUIRED" },
      values: Array.from({ length: rows }, () => draw()),
    },
  ];
  return { ...table, columns: shuffled(draw, [...table.columns, oneOf(draw, extras)]) };
}

/** A cell of a column that may have none is emptied. */
function withNull(draw: Draw, table: Table): Table {
  const row = wholeOf(draw, 0, table.expected.length - 1);
  const open = table.columns.filter(({ element }) => element.repetition_type === "OPTIONAL");
  const { name = "" } = open.length === 0 ? {} : oneOf(draw, open).element;
  const isNeeded = /^(open|high|low|close|timestamp|time|open_time)$/i.test(name);
  const candle = table.expected[row] ?? "";
  const emptied =
    typeof candle === "string" || !/^volume/i.test(name)
      ? candle
      : { ...candle, volume_from: null };
  return {
    ...table,
    expected: table.expected.with(row, isNeeded ? "is null: a value is expected" : emptied),
    columns: table.columns.map((column) =>
      column.element.name === name ? { ...column, values: column.values.with(row, null) } : column,
    ),
  };
}

function shuffled<Value>(draw: Draw, list: readonly Value[]): Value[] {
  return list
    .map((value) => [draw(), value] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, value]) => value);
}

/** The file that holds `table`, in row groups and pages of any size. */
export function fileOf(draw: Draw, { columns, said }: Table): Uint8Array<ArrayBuffer> {
  const output = new ByteWriter();
  const root: SchemaElement = { name: "schema", num_children: columns.length };
  const writer = new ParquetWriter({
    writer: output,
    schema: [root, ...columns.map(({ element }) => element)],
    codec: oneOf(draw, ["SNAPPY", "UNCOMPRESSED"] as const),
    statistics: draw() < 0.5,
    kvMetadata: [...said],
  });
  void writer.write({
    columnData: columns.map(({ element, values }) => ({ name: element.name, data: [...values] })),
    rowGroupSize: wholeOf(draw, 1, 60),
    pageSize: oneOf(draw, [32, 200, 100_000]),
  });
  void writer.finish();
  return Uint8Array.from(output.getBytes());
}
