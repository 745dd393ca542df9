export type * from "./api.ts";
export {
  createClient,
  type CandlehouseClient,
  type ClientOptions,
  type StreamQuery,
} from "./client.ts";
export type * from "./candle-types.ts";
export { CandlehouseProblem } from "./problem.ts";
export { addressOf } from "./query.ts";
export type { AnswerOf, GetPath, PagedPath, QueryOf, RowsQueryOf, Time } from "./query.ts";
export type { RequestOptions } from "./reader.ts";
export type { CandleEvent, ReadyEvent, ResetEvent, StreamEvent, StreamPosition } from "./stream.ts";
export { createTransport, type Transport, type TransportOptions } from "./transport.ts";
