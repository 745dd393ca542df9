import {
  showValue,
  SourceAnswerError,
  SourceBlockedError,
  SourceOffError,
  SourceRateLimitedError,
  SourceUnavailableError,
  type CandlehouseError,
} from "@candlehouse/shared/core/errors";
import type { SourceId } from "@candlehouse/shared/core/source";
import type { HttpAnswer } from "./source.ts";

/** `binance answered 400: {"code":-1121,"msg":"Invalid symbol."}` */
export function describeAnswer(source: SourceId, answer: HttpAnswer): string {
  const text =
    answer.body === undefined
      ? `no JSON, but ${answer.headers.get("content-type") ?? "a body without a content type"}`
      : showValue(answer.body);
  return `${source} answered ${answer.status}: ${text}`;
}

/**
 * The error that an answer's status tells of, for what all sources mean alike; undefined where
 * the status is 200. A source reads its own dialect first.
 */
export function readStatusError(
  source: SourceId,
  answer: HttpAnswer,
): CandlehouseError | undefined {
  const { status } = answer;
  const message = describeAnswer(source, answer);
  if (status === 200) {
    return undefined;
  }
  if (status === 429 || status === 418) {
    return new SourceRateLimitedError(message, retryAfterMs(answer));
  }
  if (status === 451 || status === 403) {
    return new SourceBlockedError(message);
  }
  if (status === 401) {
    return new SourceOffError(message);
  }
  if (status >= 500 || status === 408) {
    return new SourceUnavailableError(message);
  }
  return new SourceAnswerError(message);
}

/**
 * How long the source asks for silence, in milliseconds; undefined where it does not say. The
 * header holds seconds or an HTTP date, and the date is of the source's clock.
 */
export function retryAfterMs(answer: HttpAnswer): number | undefined {
  const header = answer.headers.get("retry-after")?.trim();
  if (header === undefined || header === "") {
    return undefined;
  }
  if (/^\d+(\.\d+)?$/.test(header)) {
    return Number(header) * 1_000;
  }
  const until = Date.parse(header);
  return Number.isNaN(until) ? undefined : Math.max(0, until - answer.nowSeconds * 1_000);
}
