import type { Fate } from "./fates.ts";
import type { FaultRecord, Outcome, PointRecord } from "./fault-record.ts";

const BEGIN = "<!-- Written by the fault suite: FAULT_WRITE=1 npx vitest run --project faults -->";
const END = "<!-- The end of what the fault suite writes. -->";

/** Fates that have a column of their own, and the two kinds of death, which share one. */
const COLUMNS: readonly (readonly [string, readonly Fate[]])[] = [
  ["fails before", ["fails before"]],
  ["fails after", ["fails after"]],
  ["times out", ["times out"]],
  ["dies", ["killed before", "killed after"]],
];
const OUTCOMES: readonly Outcome[] = ["went on", "sent back", "failed", "killed"];

/** The chapter of docs/failure-modes.md that tells what `record` counted over `schedules`. */
export function renderFaults(record: FaultRecord, schedules: number): string {
  const points = [...record.points].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const calls = points.filter(([, { kind }]) => kind !== "source").map(rowOfPoint);
  const total = points.reduce((sum, [, { hits }]) => sum + hits, 0);
  const faults = points.reduce((sum, [, one]) => sum + countOf(one, () => true), 0);
  const facts = [...record.totals]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, times]) => `- ${what}: ${times}`);
  return [
    BEGIN,
    "",
    `${schedules} schedules, with ${total} calls at ${points.length} points and ${faults} faults.`,
    "",
    ...facts,
    "",
    ...table(
      ["in", "call", "calls", ...COLUMNS.map(([name]) => name), "race lost", ...OUTCOMES],
      calls,
    ),
    "",
    "What a source answers instead of what is so:",
    "",
    ...table(["in", "fault", "times", ...OUTCOMES], points.flatMap(rowsOfSource)),
    "",
    END,
  ].join("\n");
}

function rowOfPoint([name, record]: [string, PointRecord]): string[] {
  const [where = "", ...call] = name.split(": ");
  const named = new Set(COLUMNS.flatMap(([, fates]) => fates));
  return [
    where,
    call.join(": "),
    String(record.hits),
    ...COLUMNS.map(([, fates]) => shown(countOf(record, (fate) => fates.includes(fate)))),
    shown(countOf(record, (fate) => !named.has(fate))),
    ...OUTCOMES.map((outcome) => shown(countOf(record, () => true, outcome))),
  ];
}

function rowsOfSource([name, record]: [string, PointRecord]): string[][] {
  return record.kind !== "source"
    ? []
    : [...record.fates.keys()]
        .toSorted()
        .map((fate) => [
          name.split(": ")[0] ?? "",
          fate,
          ...[undefined, ...OUTCOMES].map((outcome) =>
            shown(countOf(record, (one) => one === fate, outcome)),
          ),
        ]);
}

function shown(count: number): string {
  return count === 0 ? "" : String(count);
}

/** How often `record` met one of the fates that `is` means, and how often with that `outcome`. */
export function countOf(
  record: PointRecord,
  is: (fate: Fate) => boolean,
  outcome?: Outcome,
): number {
  let count = 0;
  for (const [fate, outcomes] of record.fates) {
    for (const [one, times] of is(fate) ? outcomes : []) {
      count += outcome === undefined || one === outcome ? times : 0;
    }
  }
  return count;
}

/** A table of Markdown as the formatter leaves it: its columns are of one width. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((name, column) =>
    Math.max(3, name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}

/** `document` with `chapter` in the place of the one that it has. */
export function putChapter(document: string, chapter: string): string {
  const [before = "", rest = ""] = document.split(BEGIN);
  const [, after = ""] = rest.split(END);
  return `${before}${chapter}${after}`;
}
