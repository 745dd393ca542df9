import type { Candle } from "@candlehouse/shared/core/candle";
import { askAll, type AskReport } from "./backfill-ask.ts";
import type { BackfillContext } from "./backfill-context.ts";
import { fetchAnswer } from "./fetch-candles.ts";
import type { GroupedDay, Source } from "./sources/source.ts";

/** Real time that one step asks for; what is asked for once more has as long again. */
const ASK_MS_MAX = 60_000;

/** By day: the candles of the wanted markets, by native symbol. */
export type DaysReport = AskReport<number, ReadonlyMap<string, Candle>>;

type Report = AskReport<number, GroupedDay>;
type Ask = (days: readonly number[], deadlineMs: number) => Promise<Report>;

/**
 * Asks `source` for `days` (unix days, ascending) of the markets `wanted`, by native symbol. A weekday
 * without any market at all counts only where it is so when asked for once more: sources answer with
 * nothing now and then.
 */
export async function askDays(
  context: BackfillContext,
  source: Source,
  days: readonly number[],
  wanted: ReadonlySet<string>,
): Promise<DaysReport> {
  const tools = context.askTools(source);
  const { grouped } = source;
  if (grouped === null) {
    throw new Error(`${source.id} does not give a day of all its markets at once`);
  }
  const askDay = async (day: number, host: string) => {
    const request = grouped.toGroupedRequest(day, host, tools.access.key);
    const answer = await fetchAnswer(source, request, tools.access);
    const usedWeight = source.usedWeight(answer.headers) ?? null;
    return { result: grouped.parseGrouped(day, answer, wanted), usedWeight };
  };
  const ask: Ask = (items, deadlineMs) => askAll(source, { items, ask: askDay }, deadlineMs, tools);
  const deadlineMs = tools.realNowMs() + ASK_MS_MAX;
  // The first day is settled by itself: whatever stops the step later, it has moved on.
  const first = await askSurely(ask, days.slice(0, 1), deadlineMs, tools.realNowMs);
  const rest = days.slice(1);
  const report =
    first.stop === null
      ? joinReports(first, await askSurely(ask, rest, deadlineMs, tools.realNowMs))
      : { ...first, left: [...first.left, ...rest] };
  const answered = report.answered.map(({ item, result }) => ({ item, result: result.candles }));
  return { ...report, answered };
}

/** Asks for `days`, and for those whose answers are in doubt once more. */
async function askSurely(
  ask: Ask,
  days: readonly number[],
  deadlineMs: number,
  realNowMs: () => number,
): Promise<Report> {
  const report = await ask(days, deadlineMs);
  const again = report.answered.filter(isDoubtful).map(({ item }) => item);
  if (again.length === 0) {
    return report;
  }
  const sure = report.answered.filter((answer) => !isDoubtful(answer));
  // Where the time is over, it is for later days: these are asked for all the same.
  return report.stop === null || report.stop.kind === "time"
    ? joinReports({ ...report, answered: sure }, await ask(again, realNowMs() + ASK_MS_MAX))
    : { ...report, answered: sure, left: ascending([...again, ...report.left]) };
}

/** Whether the answer to `day` may be one by mistake: no market at all on a Monday to Friday. */
function isDoubtful({ item: day, result }: Report["answered"][number]): boolean {
  const weekday = new Date(day * 86_400_000).getUTCDay();
  return result.markets === 0 && weekday >= 1 && weekday <= 5;
}

/** What came of days that were asked for one after another. */
function joinReports(before: Report, after: Report): Report {
  return {
    answered: [...before.answered, ...after.answered].toSorted((a, b) => a.item - b.item),
    failed: [...before.failed, ...after.failed],
    left: ascending([...before.left, ...after.left]),
    failures: [...before.failures, ...after.failures],
    requests: before.requests + after.requests,
    stop: after.stop ?? before.stop,
  };
}

function ascending(days: readonly number[]): number[] {
  return days.toSorted((a, b) => a - b);
}
