/**
 * A small client that asks a UDF server as the adapter of TradingView's charts does, by its public
 * documents: for tests. Times of bars are unix seconds here as on the wire.
 */

/** What a server says of itself. */
export interface UdfConfig {
  readonly supports_search: boolean;
  readonly supports_group_request: boolean;
  readonly supports_marks: boolean;
  readonly supports_timescale_marks: boolean;
  readonly supports_time?: boolean;
  readonly supported_resolutions: readonly string[];
  readonly exchanges?: readonly { readonly value: string; readonly name: string }[];
  readonly symbols_types?: readonly { readonly value: string; readonly name: string }[];
}

/** What a server says of a market: the members that a chart goes by. */
export interface SymbolInfo {
  readonly name: string;
  readonly ticker: string;
  readonly exchange: string;
  readonly type: string;
  readonly session: string;
  readonly timezone: string;
  readonly minmov: number;
  readonly pricescale: number;
  readonly has_intraday: boolean;
  readonly has_daily: boolean;
  readonly has_weekly_and_monthly: boolean;
  readonly supported_resolutions: readonly string[];
  readonly data_status: string;
  readonly visible_plots_set: string;
  readonly expired?: boolean;
  readonly expiration_date?: number;
}

export interface Bar {
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume?: number;
}

export interface BarsPage {
  readonly bars: readonly Bar[];
  readonly noData: boolean;
  readonly nextTime: number | undefined;
}

/** Which bars a chart wants: `to` is exclusive. Unix seconds. */
export interface Period {
  readonly from: number;
  readonly to: number;
  readonly countBack?: number;
}

/** What is known of the server's answers: see the third argument of the adapter's constructor. */
export interface LimitedResponse {
  readonly maxResponseLength: number;
  readonly expectedOrder: "latestFirst" | "earliestFirst";
}

export interface UdfMark {
  readonly id: string;
  readonly time: number;
  readonly text?: string;
}

/** What any answer may be instead. */
interface Failure {
  readonly s?: string;
  readonly errmsg?: string;
}

/** What the server says of bars. */
interface Columns {
  readonly nextTime?: number;
  readonly t?: readonly number[];
  readonly o?: readonly number[];
  readonly h?: readonly number[];
  readonly l?: readonly number[];
  readonly c?: readonly number[];
  readonly v?: readonly number[];
}

/** Bars back that a chart asks for when it looks for new ones. */
const POLLED_BARS = 10;

export class UdfError extends Error {}

export class UdfClient {
  readonly #get: (path: string) => Promise<{ text(): Promise<string> }>;
  readonly #limited: LimitedResponse | undefined;
  /** Requests for bars so far. */
  asked = 0;

  /** `get` answers paths below the datafeedURL; the status of an answer is never looked at. */
  constructor(
    get: (path: string) => Promise<{ text(): Promise<string> }>,
    limited?: LimitedResponse,
  ) {
    this.#get = get;
    this.#limited = limited;
  }

  async config(): Promise<UdfConfig> {
    const config = await this.#read<UdfConfig>("config", {});
    if (!config.supports_search && !config.supports_group_request) {
      throw new UdfError("a server must support search or group requests");
    }
    return config;
  }

  async time(): Promise<number> {
    const response = await this.#get("time");
    return Number.parseInt(await response.text(), 10);
  }

  /** Throws UdfError where the answer has a member `s`, whatever it says. */
  async resolveSymbol(symbol: string): Promise<SymbolInfo> {
    const info = await this.#read<SymbolInfo & Failure>("symbols", { symbol });
    if (info.s !== undefined) {
      throw new UdfError(`unknown_symbol: ${info.errmsg}`);
    }
    return info;
  }

  /** The tickers found; none where the server fails. */
  async search(query: string, type = "", exchange = ""): Promise<readonly string[]> {
    const asked = { query: query.toUpperCase(), type, exchange, limit: "30" };
    const found = await this.#read<readonly { readonly ticker: string }[] | Failure>(
      "search",
      asked,
    );
    return "length" in found ? found.map(({ ticker }) => ticker) : [];
  }

  /** Bars, ascending; asks again where the server gave as many as it gives at once. */
  async getBars(info: SymbolInfo, resolution: string, period: Period): Promise<BarsPage> {
    let left = period;
    let page = await this.#askBars(info, resolution, left);
    let bars = page.bars;
    while (this.#limited?.maxResponseLength === page.bars.length && left.from < left.to) {
      const countBack =
        left.countBack === undefined ? {} : { countBack: left.countBack - page.bars.length };
      left =
        this.#limited.expectedOrder === "latestFirst"
          ? { ...left, ...countBack, to: bars[0]?.time ?? left.to }
          : { ...left, ...countBack, from: bars.at(-1)?.time ?? left.from };
      page = await this.#askBars(info, resolution, left);
      bars =
        this.#limited.expectedOrder === "latestFirst"
          ? joinBars(page.bars, bars)
          : joinBars(bars, page.bars);
    }
    return { ...page, bars, noData: bars.length === 0 };
  }

  /**
   * What a chart does every ten seconds: the newest bar, and the one before where the newest is
   * later than `lastTime`. Throws where a new bar comes without the one before.
   */
  async poll(
    info: SymbolInfo,
    resolution: string,
    { now, lastTime }: { readonly now: number; readonly lastTime: number | undefined },
  ): Promise<readonly Bar[]> {
    const seconds = POLLED_BARS * barSeconds(resolution);
    const period = { from: now - seconds, to: now, countBack: 2 };
    const { bars } = await this.getBars(info, resolution, period);
    const last = bars.at(-1);
    if (last === undefined || (lastTime !== undefined && last.time < lastTime)) {
      return [];
    }
    if (lastTime === undefined || last.time === lastTime) {
      return [last];
    }
    if (bars.length < 2) {
      throw new UdfError("a new bar came without the one before: there may be more between");
    }
    return bars.slice(-2);
  }

  async marks(
    path: "marks" | "timescale_marks",
    info: SymbolInfo,
    resolution: string,
    { from, to }: Period,
  ): Promise<readonly UdfMark[]> {
    const period = { from: String(from), to: String(to) };
    const query = { symbol: info.ticker, resolution, ...period };
    const answer = await this.#read<readonly UdfMark[] | Failure>(path, query);
    if (!("length" in answer)) {
      throw new UdfError(`marks are no list: ${JSON.stringify(answer)}`);
    }
    return answer;
  }

  async #askBars(
    info: SymbolInfo,
    resolution: string,
    { from, to, countBack }: Period,
  ): Promise<BarsPage> {
    this.asked += 1;
    const answer = await this.#read<Columns & Failure>("history", {
      symbol: info.ticker,
      resolution,
      from: String(from),
      to: String(to),
      ...(countBack === undefined ? {} : { countback: String(countBack) }),
    });
    if (answer.s !== "ok" && answer.s !== "no_data") {
      throw new UdfError(answer.errmsg);
    }
    const noData = answer.s === "no_data";
    return { bars: noData ? [] : barsOf(answer), noData, nextTime: answer.nextTime };
  }

  async #read<Answer>(path: string, query: Readonly<Record<string, string>>): Promise<Answer> {
    const text = new URLSearchParams(query).toString();
    const response = await this.#get(text === "" ? path : `${path}?${text}`);
    return JSON.parse(await response.text()) as Answer;
  }
}

/** Bars out of columns; prices other than close may be absent, and are the close then. */
function barsOf({ t = [], o, h, l, c = [], v }: Columns): Bar[] {
  return t.map((time, index) => {
    const close = c[index] ?? Number.NaN;
    const volume = v?.[index];
    return {
      time,
      open: o?.[index] ?? close,
      high: h?.[index] ?? close,
      low: l?.[index] ?? close,
      close,
      ...(volume === undefined ? {} : { volume }),
    };
  });
}

/** Pages share a bar where a server counts its bound in. */
function joinBars(earlier: readonly Bar[], later: readonly Bar[]): readonly Bar[] {
  const isShared = earlier.length > 0 && earlier.at(-1)?.time === later[0]?.time;
  return isShared ? [...earlier, ...later.slice(1)] : [...earlier, ...later];
}

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  D: 86_400,
  W: 7 * 86_400,
  M: 31 * 86_400,
};

/** How long a bar is; of a month, the longest. */
function barSeconds(resolution: string): number {
  const unit = UNIT_SECONDS[resolution.slice(-1)];
  return unit === undefined
    ? Number(resolution) * 60
    : unit * Number(resolution.slice(0, -1) || "1");
}
