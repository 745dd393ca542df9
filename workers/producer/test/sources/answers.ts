import type { HttpAnswer } from "../../src/sources/source.ts";

/** 2023-11-14 22:00 UTC: an open time of every timeframe up to 1h. */
export const TEN_PM = 1_699_999_200;

/** An answer as it comes over the wire: the body has been JSON once, so nothing but JSON is in it. */
export function answerOf(
  body: unknown,
  nowSeconds: number,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return {
    status,
    headers: new Headers({ ...headers }),
    body: body === undefined ? undefined : (JSON.parse(JSON.stringify(body)) as unknown),
    nowSeconds,
  };
}

/** What stands where a page of HTML was answered. */
export function htmlAnswer(status: number, nowSeconds: number): HttpAnswer {
  return answerOf(undefined, nowSeconds, status, { "content-type": "text/html" });
}
