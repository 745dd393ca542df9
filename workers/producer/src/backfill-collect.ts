import { readSilence, type Doubt } from "@candlehouse/shared/core/backfill-answer";
import {
  afterEdge,
  afterProbe,
  probeEdge,
  probeReach,
  searchEdge,
  searchReach,
  type EdgeSearch,
  type ReachSearch,
} from "@candlehouse/shared/core/backfill-reach";
import { lacksWitness } from "@candlehouse/shared/core/backfill-witness";
import { planRequests } from "@candlehouse/shared/core/backfill-window";
import {
  SourceAnswerError,
  SourceReachError,
  type CandlehouseError,
} from "@candlehouse/shared/core/errors";
import { clipRuns, type Run } from "@candlehouse/shared/core/missing";
import { formatSeries } from "@candlehouse/shared/core/series";
import type { AskReport } from "./backfill-ask.ts";
import { nothingCollected } from "./backfill-collected.ts";
import {
  doubtOf,
  requestOf,
  wholeOf,
  type PageQuestion,
  type PageRequest,
} from "./backfill-page-request.ts";
import type { FetchedPage } from "./fetch-candles.ts";
import { pageSizeOf, type Source } from "./sources/source.ts";

/** How often a stretch is asked for again in a step while its answers go on ending early. */
const PASSES_MAX = 20;

/** Takes in what requests brought, and says what follows from it. */
export class Collector {
  readonly collected = nothingCollected();
  /** Open times of all candles that came, wanted or not. */
  readonly seen = new Set<number>();
  readonly #source: Source;
  readonly #question: PageQuestion;

  constructor(source: Source, question: PageQuestion) {
    this.#source = source;
    this.#question = question;
  }

  /** Takes in what came of some requests; returns those that follow. */
  take(report: AskReport<PageRequest, FetchedPage>): PageRequest[] {
    const { collected } = this;
    collected.answers += report.answered.length;
    collected.requests += report.requests;
    collected.failures.push(...report.failures);
    for (const { result } of report.answered) {
      for (const { timestamp } of result.candles) {
        this.seen.add(timestamp);
      }
    }
    // A source that gives nothing at all for a while gives none of the witnesses either.
    const isMute =
      report.answered.every(({ result }) => result.candles.length === 0) &&
      report.answered.some(({ item }) => item.witnesses.length > 0);
    const next = report.answered.flatMap(({ item, result }) =>
      this.#takeAnswer(item, result, isMute),
    );
    for (const { item, error } of report.failed) {
      if (error instanceof SourceReachError) {
        next.push(...this.#takeTooOld(item, error));
      } else {
        this.leave([item], error);
      }
    }
    this.leave(report.left, null);
    return next;
  }

  /** Takes in that of `requests` nothing is to be known, since each failed with `error` or at all. */
  leave(requests: readonly PageRequest[], error: CandlehouseError | null): void {
    const { open, doubted } = this.collected;
    for (const request of requests) {
      const doubt = doubtOf(request);
      doubted.push(...(doubt === undefined ? [] : [doubt]));
      open.push(...clipRuns(request.wanted, wholeOf(request)).map((run) => ({ run, error })));
    }
  }

  #takeAnswer(item: PageRequest, page: FetchedPage, isMute: boolean): PageRequest[] {
    for (const candle of page.candles) {
      if (
        item.wanted.some(({ start, end }) => candle.timestamp >= start && candle.timestamp < end)
      ) {
        this.collected.found.set(candle.timestamp, candle);
      }
    }
    if (item.edge !== null) {
      // A candle after all: the source contradicts itself, and all of it is asked for anew.
      return page.candles.length === 0
        ? this.#goOnAtEdge(item, afterEdge(item.edge, item, true), "")
        : this.#askAgain(item, [{ start: item.edge.start, end: item.edge.end, silences: 0 }]);
    }
    const next = this.#takePage(item, page, isMute);
    if (item.search !== null) {
      const { search } = afterProbe(item.search, item, true);
      next.push(...this.#goOn(item, search, null));
    }
    return next;
  }

  /** Takes in a page; returns what of it is to be asked for again. */
  #takePage(item: PageRequest, page: FetchedPage, isMute: boolean): PageRequest[] {
    const { absent, open, refused } = this.collected;
    const covered = { start: page.coveredStart, end: page.coveredEnd };
    const times = page.candles.map(({ timestamp }) => timestamp);
    const mine = clipRuns(item.wanted, item);
    const { silences, witnesses } = item;
    const isSpoiled = isMute || lacksWitness(times, covered, witnesses);
    const silence = readSilence(
      { request: item, covered, times, silences, witnesses, isSpoiled },
      mine,
      this.#question.timeframe,
    );
    const next = this.#askAgain(item, silence.doubtful);
    for (const run of silence.absent) {
      // Where a candle before it came, it lies within reach.
      const isOldest = !times.some((time) => time < run.start);
      const edge = this.#source.cutsAtReach && isOldest ? searchEdge(run) : undefined;
      if (edge === undefined) {
        absent.push(run);
      } else {
        const doubt = { ...run, silences: silences + 1, edge };
        next.push(requestOf(doubt, this.#question.timeframe, item.passes));
      }
    }
    for (const run of clipRuns(mine, { start: item.start, end: covered.start })) {
      refused.push({
        ...run,
        outcome: "beyond_reach",
        code: null,
        reason: "the source's answer begins after these candles: it does not give older ones",
      });
    }
    const rest = { start: Math.max(covered.end, covered.start), end: item.end };
    open.push(...clipRuns(mine, rest).map((run) => ({ run, error: null })));
    return next;
  }

  /** The requests for what is doubtful, each by itself: an answer to two would not say where it was cut. */
  #askAgain(item: PageRequest, doubts: readonly Doubt[]): PageRequest[] {
    const { symbol, timeframe } = this.#question;
    const passes = item.passes + 1;
    const requests = doubts.flatMap((doubt) =>
      planRequests([doubt], timeframe, pageSizeOf(this.#source, timeframe)).map((run) =>
        requestOf({ ...doubt, ...run }, timeframe, passes),
      ),
    );
    if (passes < PASSES_MAX) {
      return requests;
    }
    const series = formatSeries({ source: this.#source.id, symbol, timeframe });
    this.leave(
      requests,
      new SourceAnswerError(
        `${this.#source.id} ended its answers about ${series} early ${passes} times`,
      ),
    );
    return [];
  }

  /** Takes in that a request asks for what is too old; returns what is asked for next. */
  #takeTooOld(item: PageRequest, { message }: CandlehouseError): PageRequest[] {
    if (item.edge !== null) {
      return this.#goOnAtEdge(item, afterEdge(item.edge, item, false), message);
    }
    if (item.search === null) {
      const start = Math.max(item.start, item.wanted[0]?.start ?? item.start);
      const end = Math.min(item.end, item.wanted.at(-1)?.end ?? item.end);
      return this.#goOn(item, searchReach({ start, end }), message);
    }
    const { tooOld, search } = afterProbe(item.search, item, false);
    if (tooOld !== null) {
      this.#refuse(item, tooOld, message);
    }
    return this.#goOn(item, search, message);
  }

  /** The next request of a search; none where what is left of it counts as too old. */
  #goOn(item: PageRequest, search: ReachSearch, reason: string | null): PageRequest[] {
    const probe = probeReach(search, this.#question.timeframe);
    if (probe === undefined) {
      this.#refuse(item, search, reason ?? "the source does not give so old candles");
      return [];
    }
    return [{ ...item, ...probe, witnesses: [], silences: 0, search }];
  }

  /** The next request of a search in what is silent; at its end, what is too old and what is absent. */
  #goOnAtEdge(item: PageRequest, edge: EdgeSearch, reason: string): PageRequest[] {
    const probe = probeEdge(edge, this.#question.timeframe);
    if (probe !== undefined) {
      return [{ ...item, ...probe, witnesses: [], edge }];
    }
    this.#refuse(
      item,
      { start: edge.start, end: edge.givenFrom },
      reason === "" ? `${this.#source.id} does not give so old candles` : reason,
    );
    this.collected.absent.push(...clipRuns(item.wanted, { start: edge.givenFrom, end: edge.end }));
    return [];
  }

  #refuse({ wanted }: PageRequest, range: Run, reason: string): void {
    const code = "source_beyond_reach";
    for (const run of clipRuns(wanted, range)) {
      this.collected.refused.push({ ...run, outcome: "beyond_reach", code, reason });
    }
  }
}
