import type { Series } from "@candlehouse/shared/core/series";
import type { Command } from "commander";
import {
  completenessAnswer,
  type IntervalCompleteness,
  type SeriesCompleteness,
} from "../answers/gap.ts";
import { EXIT_CODES, type ExitCode } from "../command-error.ts";
import {
  addRangeOptions,
  addSelectionOptions,
  collectSeries,
  type RangeFlags,
  type SelectionFlags,
} from "../options.ts";
import { filtersOf, rangeOf } from "../select-series.ts";
import { runCommand, type Session } from "../session.ts";
import { formatCount, formatNumber, formatRatio } from "../terminal/format.ts";
import type { Column } from "../terminal/table.ts";

interface CompletenessFlags extends SelectionFlags, RangeFlags {
  readonly incomplete?: boolean;
}

/** What every row counts. */
interface Counts {
  readonly expected: number;
  readonly held: number;
  readonly explained: number;
  readonly missing: number;
  readonly ratio: number | null;
}

/** `candlehouse completeness` */
export function addCompletenessCommand(program: Command): void {
  const command = program
    .command("completeness")
    .description("how much of what there should be is held")
    .argument("[series...]", "such as binance:BTC-USDT:1m", collectSeries);
  addSelectionOptions(command);
  addRangeOptions(command)
    .option("--incomplete", "only series with candles missing")
    .action((named: Series[] | undefined, _options, self: Command) =>
      runCommand<CompletenessFlags>(self, (session, flags) => tell(session, named ?? [], flags)),
    );
}

async function tell(
  { client, out }: Session,
  named: readonly Series[],
  flags: CompletenessFlags,
): Promise<ExitCode> {
  const range = await rangeOf(client, flags);
  const filters = await filtersOf(client, named, flags);
  const all: SeriesCompleteness[] = [];
  const intervals = new Map<string, IntervalCompleteness>();
  for (const filter of filters) {
    const query = { ...filter, ...range };
    const answer = await client.ask(completenessAnswer, { path: "/v1/completeness", query });
    all.push(...answer.series);
    for (const interval of answer.intervals) {
      const before = intervals.get(interval.timeframe);
      intervals.set(interval.timeframe, before === undefined ? interval : add(before, interval));
    }
  }
  const total = totalOf([...intervals.values()]);
  const series = flags.incomplete === true ? all.filter(({ missing }) => missing > 0) : all;
  out.json({ series, intervals: [...intervals.values()], total });
  out.table(
    [{ name: "series", text: (one: SeriesCompleteness) => one.series }, ...COUNT_COLUMNS],
    series,
  );
  if (intervals.size > 1) {
    out.line();
    out.table(
      [
        { name: "timeframe", text: (one: IntervalCompleteness) => one.timeframe },
        {
          name: "series",
          align: "right",
          text: (one: IntervalCompleteness) => formatNumber(one.series),
        },
        ...COUNT_COLUMNS,
      ],
      [...intervals.values()],
    );
  }
  out.line(
    `${formatCount(all.length, "series")}: ${formatNumber(total.held)} of ${formatCount(total.expected, "candle")} held, ${formatNumber(total.explained)} explained, ${formatNumber(total.missing - total.explained)} missing without an explanation${ratioIn(total)}`,
  );
  return EXIT_CODES.done;
}

function ratioIn({ ratio }: Counts): string {
  return ratio === null ? "" : `: ${formatRatio(ratio)}`;
}

function add(one: IntervalCompleteness, other: IntervalCompleteness): IntervalCompleteness {
  return {
    timeframe: one.timeframe,
    series: one.series + other.series,
    ...totalOf([one, other]),
  };
}

function totalOf(counts: readonly Counts[]): Counts {
  const sum = (name: "expected" | "held" | "explained" | "missing") =>
    counts.reduce((total, one) => total + one[name], 0);
  const [expected, held, explained] = [sum("expected"), sum("held"), sum("explained")];
  const due = expected - explained;
  return { expected, held, explained, missing: sum("missing"), ratio: due > 0 ? held / due : null };
}

const COUNT_COLUMNS: readonly Column<Counts>[] = [
  { name: "expected", align: "right", text: ({ expected }) => formatNumber(expected) },
  { name: "held", align: "right", text: ({ held }) => formatNumber(held) },
  { name: "missing", align: "right", text: ({ missing }) => formatNumber(missing) },
  {
    name: "explained",
    align: "right",
    leaveOut: 1,
    text: ({ explained }) => formatNumber(explained),
  },
  {
    name: "complete",
    align: "right",
    text: ({ ratio }) => (ratio === null ? "–" : formatRatio(ratio)),
  },
];
