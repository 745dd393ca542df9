import { describe, expect, test } from "vitest";
import {
  ArchiveDamagedError,
  CandlehouseError,
  ERROR_CODES,
  InvalidInputError,
  NotFoundError,
  StorageUnavailableError,
} from "../core/errors.ts";
import { DamagedRangeError } from "./damaged-range-error.ts";
import { methodProblem, problemOf, problemResponse, statusOf } from "./problem.ts";

describe("problemOf", () => {
  test("names the parameter that cannot be meant", () => {
    expect(problemOf(new InvalidInputError("limit", "0", "a whole number from 1 on"))).toEqual({
      type: "about:blank",
      title: "Bad request",
      status: 400,
      detail: 'limit "0" is not allowed: a whole number from 1 on',
      code: "invalid_input",
      parameter: "limit",
    });
  });

  test("tells what an error of ours says", () => {
    expect(problemOf(new NotFoundError("series kraken:A-B:1m is not known here"))).toEqual({
      type: "about:blank",
      title: "Not found",
      status: 404,
      detail: "series kraken:A-B:1m is not known here",
      code: "not_found",
    });
  });

  test("keeps to itself what the database says", () => {
    expect(problemOf(new StorageUnavailableError("D1_ERROR: no such table"))).toEqual({
      type: "about:blank",
      title: "Not available now",
      status: 503,
      detail: "A part of the system does not answer now. The same request may succeed in a moment.",
      code: "storage_unavailable",
    });
  });

  test("names the damaged file, and the series and range that cannot be read", () => {
    const damage = new ArchiveDamagedError("candles/a.parquet", "the object is missing");
    const series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" } as const;
    const range = { from: 1_704_067_200, to: 1_704_070_800 };
    expect(problemOf(damage)).toMatchObject({ code: "archive_damaged", key: "candles/a.parquet" });
    expect(problemOf(new DamagedRangeError(damage, series, range))).toEqual({
      type: "about:blank",
      title: "Internal error",
      status: 500,
      detail:
        "candles of binance:BTC-USDT:1m from 2024-01-01T00:00:00Z to 2024-01-01T01:00:00Z cannot be read: candles/a.parquet: the object is missing",
      code: "archive_damaged",
      key: "candles/a.parquet",
      series: "binance:BTC-USDT:1m",
      range: { start: "2024-01-01T00:00:00Z", end: "2024-01-01T01:00:00Z" },
    });
  });

  test.each([new Error("secret"), new TypeError("secret"), "secret", undefined])(
    "tells nothing of an error that is none of ours: %s",
    (error) => {
      const problem = problemOf(error);
      expect(problem).toMatchObject({ status: 500, code: "internal" });
      expect(JSON.stringify(problem)).not.toContain("secret");
    },
  );

  test.each(ERROR_CODES)("has a status and a title for %s", (code) => {
    class AnyError extends CandlehouseError {
      readonly code = code;
      readonly retryable = false;
    }
    const problem = problemOf(new AnyError("because"));
    expect(problem.status).toBe(statusOf(code));
    expect(problem.status).toBeGreaterThanOrEqual(400);
    expect(problem.title).not.toBe("Error");
  });
});

describe("methodProblem", () => {
  test("names the methods that are allowed", () => {
    expect(methodProblem("PUT", "/trigger", ["POST", "OPTIONS"])).toEqual({
      type: "about:blank",
      title: "Method not allowed",
      status: 405,
      detail: "PUT is not allowed at /trigger: POST, OPTIONS are",
      code: "method_not_allowed",
    });
  });
});

describe("problemResponse", () => {
  test("is a problem document that nobody keeps", async () => {
    const problem = problemOf(new InvalidInputError("limit", "0", "a whole number"));
    const response = problemResponse(problem);
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toEqual(problem);
  });
});
