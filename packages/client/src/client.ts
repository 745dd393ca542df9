import createApi, { type Client } from "openapi-fetch";
import type { Archive, Gaps, Latest, paths, SeriesList } from "./api.ts";
import type {
  AllCandlesQuery,
  AnsweredCandle,
  CandlesPage,
  CandlesQuery,
  ExactCandle,
  ExactPage,
  FillMode,
  SeveralSeriesPage,
  SeveralSeriesQuery,
} from "./candle-types.ts";
import { parseExact } from "./exact.ts";
import {
  addressOf,
  type AnswerOf,
  type GetPath,
  type PagedPath,
  type QueryOf,
  type RowsQueryOf,
  type Time,
} from "./query.ts";
import { follow, itemsOf, open, read, type Page, type RequestOptions } from "./reader.ts";
import { streamEvents, type StreamEvent, type StreamPosition } from "./stream.ts";
import { createTransport, type Transport, type TransportOptions } from "./transport.ts";

const CANDLES = "/v1/candles";

export type ClientOptions = TransportOptions;

/** What to follow. */
export interface StreamQuery {
  /** Up to twenty. */
  readonly series: string | readonly string[];
  /** First open time, where the stream is to begin in the past. */
  readonly since?: Time | undefined;
}

/**
 * Asks one instance of Candlehouse. Times are unix seconds. A request that the instance may answer
 * in a moment is repeated some times. Methods throw CandlehouseProblem where it refuses, and what
 * `fetch` throws where nothing answers.
 */
export interface CandlehouseClient {
  /** Every route as the OpenAPI document has it. Its methods throw no problem but return it. */
  readonly api: Client<paths>;
  readonly transport: Transport;
  /** The answer of any route that reads, as JSON. */
  get<Path extends GetPath>(
    path: Path,
    query?: RowsQueryOf<Path>,
    options?: RequestOptions,
  ): Promise<AnswerOf<Path>>;
  /** The same in the format that `query` names, as it comes. */
  open<Path extends GetPath>(
    path: Path,
    query?: QueryOf<Path>,
    options?: RequestOptions,
  ): Promise<Response>;
  /** The answers of a route page by page, to the last one. */
  pages<Path extends PagedPath>(
    path: Path,
    query?: RowsQueryOf<Path>,
    options?: RequestOptions,
  ): AsyncGenerator<AnswerOf<Path>, void>;
  /** One page of candles of one series, oldest first. */
  candles<Fill extends FillMode = "none">(
    query: CandlesQuery<Fill>,
    options?: RequestOptions,
  ): Promise<CandlesPage<Fill>>;
  /**
   * The same with prices and volumes as text, digit for digit: a number holds some 15 digits. Throws
   * TypeError where the runtime's JSON.parse does not hand over the digits.
   */
  exactCandles<Fill extends FillMode = "none">(
    query: CandlesQuery<Fill>,
    options?: RequestOptions,
  ): Promise<ExactPage<Fill>>;
  /** One page of candles of several series, in their order. */
  candlesOfSeveral<Fill extends FillMode = "none">(
    query: SeveralSeriesQuery<Fill>,
    options?: RequestOptions,
  ): Promise<SeveralSeriesPage<Fill>>;
  /** Every candle of a range of one series, oldest first, however many pages they fill. */
  allCandles<Fill extends FillMode = "none">(
    query: AllCandlesQuery<Fill>,
    options?: RequestOptions,
  ): AsyncGenerator<AnsweredCandle<Fill>, void>;
  /** The same with exact candles. */
  allExactCandles<Fill extends FillMode = "none">(
    query: AllCandlesQuery<Fill>,
    options?: RequestOptions,
  ): AsyncGenerator<ExactCandle<Fill>, void>;
  /** The newest candle of each series. */
  latest(query?: RowsQueryOf<"/v1/latest">, options?: RequestOptions): Promise<Latest>;
  /** What is collected, and how far it got. */
  allSeries(
    query?: RowsQueryOf<"/v1/series">,
    options?: RequestOptions,
  ): AsyncGenerator<SeriesList["series"][number], void>;
  /** What is missing, and why. */
  allGaps(
    query?: RowsQueryOf<"/v1/gaps">,
    options?: RequestOptions,
  ): AsyncGenerator<Gaps["gaps"][number], void>;
  /** The Parquet files that hold the cold candles. */
  archiveFiles(
    query?: RowsQueryOf<"/v1/archive">,
    options?: RequestOptions,
  ): AsyncGenerator<Archive["files"][number], void>;
  /** Candles as they are stored, for as long as they are taken. */
  stream(query: StreamQuery, position?: StreamPosition): AsyncGenerator<StreamEvent, void>;
}

/** A client of the instance at `baseUrl`. Throws TypeError where that is no address. */
export function createClient(options: ClientOptions): CandlehouseClient {
  const transport = createTransport(options);

  function pages<Path extends PagedPath>(
    path: Path,
    query?: RowsQueryOf<Path>,
    request?: RequestOptions,
  ) {
    return follow((cursor) =>
      read<AnswerOf<Path> & Page>(
        transport,
        path,
        cursor === undefined ? query : { ...query, cursor },
        request,
      ),
    );
  }

  const candles = <Fill extends FillMode>(query: CandlesQuery<Fill>, request?: RequestOptions) =>
    read<CandlesPage<Fill>>(transport, CANDLES, query, request);

  async function exactCandles<Fill extends FillMode>(
    query: CandlesQuery<Fill>,
    request?: RequestOptions,
  ): Promise<ExactPage<Fill>> {
    const response = await open(transport, CANDLES, query, request);
    return parseExact(await response.text());
  }

  return {
    api: createApi<paths>({
      baseUrl: transport.baseUrl,
      fetch: (request) => transport.fetch(request),
    }),
    transport,
    get: (path, query, request) => read(transport, path, query, request),
    open: (path, query, request) => open(transport, path, query, request),
    pages,
    candles,
    exactCandles,
    candlesOfSeveral: async (query, request) =>
      severalOf(await read(transport, CANDLES, query, request)),
    allCandles: (query, request) =>
      itemsOf(
        follow((cursor) => candles({ ...query, cursor }, request)),
        (page) => page.candles,
      ),
    allExactCandles: (query, request) =>
      itemsOf(
        follow((cursor) => exactCandles({ ...query, cursor }, request)),
        (page) => page.candles,
      ),
    latest: (query, request) => read<Latest>(transport, "/v1/latest", query, request),
    allSeries: (query, request) =>
      itemsOf(pages("/v1/series", query, request), ({ series }) => series),
    allGaps: (query, request) => itemsOf(pages("/v1/gaps", query, request), ({ gaps }) => gaps),
    archiveFiles: (query, request) =>
      itemsOf(pages("/v1/archive", query, request), ({ files }) => files),
    stream: (query, position = {}) =>
      streamEvents(transport, addressOf("/v1/stream", query), position),
  };
}

/** Several series in one shape: of one, the system answers another. */
function severalOf<Fill extends FillMode>(
  answer: CandlesPage<Fill> | SeveralSeriesPage<Fill>,
): SeveralSeriesPage<Fill> {
  if ("series" in answer) {
    return answer;
  }
  const { candles, next_cursor } = answer;
  const { source, symbol, timeframe, from, ...meta } = answer.meta;
  const name = { source, symbol, timeframe, ...(from === undefined ? {} : { from }) };
  return { series: [{ ...name, candles }], next_cursor, meta };
}
