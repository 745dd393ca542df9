import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { scanAnswer, type Failure } from "./answers/gap.ts";
import { EXIT_CODES, type ExitCode } from "./command-error.ts";
import type { RangeFlags, SelectionFlags } from "./options.ts";
import { assertOneWay, filtersOf, rangeOf } from "./select-series.ts";
import type { Session } from "./session.ts";
import { formatCount, formatNumber } from "./terminal/format.ts";

/** What a scan found, all of its parts together. */
interface ScanSums {
  series: number;
  candles_missing: number;
  candles_filled: number;
  gaps: Record<string, number>;
  classes: Record<string, number>;
  errors: Failure[];
}

/** Looks for missing candles: in what was named, or chosen by options, or everywhere. */
export async function scan(
  session: Session,
  named: readonly Series[],
  flags: SelectionFlags & RangeFlags,
): Promise<ExitCode> {
  const { client, out } = session;
  const range = await rangeOf(client, flags);
  const targets = await targetsOf(session, named, flags);
  const sums: ScanSums = {
    series: 0,
    candles_missing: 0,
    candles_filled: 0,
    gaps: {},
    classes: {},
    errors: [],
  };
  const progress = out.progress();
  try {
    for (const [index, target] of targets.entries()) {
      let after: string | undefined;
      do {
        const body = { ...target, ...range, ...(after === undefined ? {} : { after }) };
        const request = { method: "POST", path: "/v1/gaps/scan", body } as const;
        const answer = await client.ask(scanAnswer, request);
        sums.series += answer.series;
        sums.candles_missing += answer.candles_missing;
        sums.candles_filled += answer.candles_filled;
        sums.errors.push(...answer.errors);
        addTo(sums.gaps, answer.gaps);
        addTo(sums.classes, answer.classes);
        after = answer.next ?? undefined;
        const isOpenEnded = targets.length === 1;
        progress.report({
          done: isOpenEnded ? sums.series : index + 1,
          total: isOpenEnded ? null : targets.length,
          things: "series scanned",
        });
      } while (after !== undefined);
    }
  } finally {
    progress.end();
  }
  out.json(sums);
  tell(session, sums);
  return sums.errors.length === 0 ? EXIT_CODES.done : EXIT_CODES.problems;
}

/** Bodies of the requests, without the range. */
async function targetsOf(
  { client }: Session,
  named: readonly Series[],
  flags: SelectionFlags,
): Promise<readonly object[]> {
  if (named.length > 0) {
    assertOneWay(flags);
    return named.map((series) => ({ series: formatSeries(series) }));
  }
  return filtersOf(client, named, flags);
}

function addTo(sums: Record<string, number>, more: Readonly<Record<string, number | undefined>>) {
  for (const [name, count = 0] of Object.entries(more)) {
    sums[name] = (sums[name] ?? 0) + count;
  }
}

function tell({ out }: Session, sums: ScanSums): void {
  const found = Object.entries(sums.classes).filter(([, candles]) => candles > 0);
  out.table(
    [
      { name: "class", text: ([name]: [string, number]) => name },
      { name: "candles", align: "right", text: ([, candles]) => formatNumber(candles) },
    ],
    found,
  );
  for (const { series, reason } of sums.errors) {
    out.line(`${series} was not scanned: ${reason}`);
  }
  const states = Object.entries(sums.gaps)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${formatNumber(count)} ${state}`);
  const filled =
    sums.candles_filled > 0 ? `, ${formatNumber(sums.candles_filled)} filled since` : "";
  out.line(
    sums.candles_missing === 0
      ? `scanned ${formatCount(sums.series, "series")}: nothing is missing${filled}`
      : `scanned ${formatCount(sums.series, "series")}: ${formatCount(sums.candles_missing, "candle")} missing${filled}; gaps: ${states.join(", ") || "none"}`,
  );
}
