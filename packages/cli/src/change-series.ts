import type { Series } from "@candlehouse/shared/core/series";
import { seriesChanged } from "./answers/series.ts";
import { EXIT_CODES, usageError, type ExitCode } from "./command-error.ts";
import type { SelectionFlags } from "./options.ts";
import { assertOneWay, findSeries, namesOf } from "./select-series.ts";
import type { Session } from "./session.ts";
import { confirmChange } from "./terminal/confirm.ts";
import { formatCount } from "./terminal/format.ts";

export interface ChangeFlags extends SelectionFlags {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** What a change sets. */
export interface SeriesChange {
  readonly enabled?: boolean;
  /** Null is that of the asset. */
  readonly tier?: number | null;
}

/** Most series in one order. */
const ORDER_SERIES_MAX = 1_000;

/** Changes the series that were named, or chosen by options; asks first where they were chosen. */
export async function changeSeries(
  { client, out }: Session,
  named: readonly Series[],
  flags: ChangeFlags,
  set: SeriesChange,
  verb: string,
): Promise<ExitCode> {
  const series = await changedSeries({ client, out }, named, flags);
  if (flags.dryRun === true) {
    out.json({ dry_run: true, series, set });
    series.forEach((name) => out.line(name));
    out.line(`this would ${verb}: ${formatCount(series.length, "series")}`);
    return EXIT_CODES.done;
  }
  if (named.length === 0) {
    await confirmChange(`${verb}: ${formatCount(series.length, "series")}`, flags.yes === true);
  }
  let changed = 0;
  for (let at = 0; at < series.length; at += ORDER_SERIES_MAX) {
    const answer = await client.ask(seriesChanged, {
      method: "PATCH",
      path: "/v1/series",
      body: { series: series.slice(at, at + ORDER_SERIES_MAX), set },
    });
    changed += answer.changed;
  }
  out.json({ series, set, changed });
  out.line(
    `changed ${changed} of ${formatCount(series.length, "series")}${changed < series.length ? "; the others were so already" : ""}`,
  );
  return EXIT_CODES.done;
}

/** The series that were named, or chosen by at least one option. */
async function changedSeries(
  { client }: Session,
  named: readonly Series[],
  flags: SelectionFlags,
): Promise<string[]> {
  if (named.length > 0) {
    assertOneWay(flags);
    return namesOf(named);
  }
  const { tier, asset, source, symbol, timeframe } = flags;
  if ([tier, asset, source, symbol, timeframe].every((value) => value === undefined)) {
    throw usageError("name series, or choose them by --source, --asset, --tier or --timeframe");
  }
  const found = await findSeries(client, flags);
  if (found.length === 0) {
    throw usageError("no series is like that: candlehouse series lists all");
  }
  return found.map(({ id }) => id);
}
