import { z } from "zod";
import { parseSeries, type Series } from "../core/series.ts";
import { parseTime, TIME_FORMS } from "../core/time.ts";

/** A time as text, or as unix seconds. */
export const timeMember = z
  .union([z.string(), z.number()], TIME_FORMS)
  .transform((given, context): number => {
    const seconds = parseTime(String(given));
    if (seconds === undefined) {
      context.addIssue(TIME_FORMS);
      return z.NEVER;
    }
    return seconds;
  });

export const SERIES_FORM = "a series such as binance:BTC-USDT:1m";

/** The name of a series; `form` says what is allowed. */
export function seriesMember(form: string) {
  return z.string(form).transform((text, context): Series => {
    const series = parseSeries(text);
    if (series === undefined) {
      context.addIssue(form);
      return z.NEVER;
    }
    return series;
  });
}
