import {
  SourceAnswerError,
  SourceBlockedError,
  SourceOffError,
  SourceRateLimitedError,
  SourceReachError,
  SourceUnavailableError,
  UnknownSymbolError,
} from "@candlehouse/shared/core/errors";
import type { SourceId } from "@candlehouse/shared/core/source";
import { describe, expect, it } from "vitest";
import { sourceOf } from "../../src/sources/registry.ts";
import { answerOf } from "./answers.ts";

const NOW = 1_700_000_000;

function read(
  id: SourceId,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): unknown {
  return sourceOf(id).readError(answerOf(body, NOW, status, headers));
}

describe("readError of Binance", () => {
  it.each([
    [400, -1121, UnknownSymbolError],
    [400, -1120, UnknownSymbolError],
    [429, -1003, SourceRateLimitedError],
    [418, -1003, SourceRateLimitedError],
    [400, -1003, SourceRateLimitedError],
    [400, -1007, SourceUnavailableError],
    [451, 0, SourceBlockedError],
    [400, -1102, SourceAnswerError],
  ])("reads status %i with code %i", (status, code, expected) => {
    const error = read("binance", status, { code, msg: "As Binance says." });
    expect(error).toBeInstanceOf(expected);
    expect(String(error)).toContain(`binance answered ${status}: {"code":${code}`);
  });

  it("takes a ban that names no end for the shortest one", () => {
    expect(read("binance", 418, {})).toMatchObject({ retryAfterMs: 120_000 });
    expect(read("binance", 418, {}, { "retry-after": "300" })).toMatchObject({
      retryAfterMs: 300_000,
    });
  });
});

describe("readError of Kraken", () => {
  it.each([
    ["EGeneral:Too many requests", SourceRateLimitedError],
    ["EAPI:Rate limit exceeded", SourceRateLimitedError],
    ["EGeneral:Temporary lockout", SourceRateLimitedError],
    ["EQuery:Unknown asset pair", UnknownSymbolError],
    ["EService:Unavailable", SourceUnavailableError],
    ["EService:Busy", SourceUnavailableError],
    ["EGeneral:Internal error", SourceUnavailableError],
    ["EGeneral:Invalid arguments", SourceAnswerError],
  ])("finds %s in an answer of 200", (text, expected) => {
    const error = read("kraken", 200, { error: [text] });
    expect(error).toBeInstanceOf(expected);
    expect(String(error)).toContain(text);
  });

  it("is silent for fifteen minutes after a lockout", () => {
    expect(read("kraken", 200, { error: ["EGeneral:Temporary lockout"] })).toMatchObject({
      retryAfterMs: 900_000,
    });
  });

  it("does not take a warning for an error, nor let it hide one", () => {
    expect(read("kraken", 200, { error: ["WGeneral:Careful"], result: {} })).toBeUndefined();
    const both = ["WGeneral:Careful", "EService:Busy"];
    expect(read("kraken", 200, { error: both })).toBeInstanceOf(SourceUnavailableError);
  });
});

describe("readError of Coinbase", () => {
  it("takes 404 for a market that it does not have, in either envelope", () => {
    expect(read("coinbase", 404, { error: "NOT_FOUND", message: "no" })).toBeInstanceOf(
      UnknownSymbolError,
    );
    expect(read("coinbase", 404, { message: "NotFound" })).toBeInstanceOf(UnknownSymbolError);
  });
});

describe("readError of CryptoCompare", () => {
  it.each([
    [{ Type: 99, Message: "You are over your rate limit" }, SourceRateLimitedError],
    [{ Type: 1, Message: "market does not exist for this coin pair" }, UnknownSymbolError],
    [{ Type: 2, Message: "There is no data", ParamWithError: "fsym" }, UnknownSymbolError],
    [{ Type: 2, Message: "limit is larger", ParamWithError: "limit" }, SourceAnswerError],
    [{ Type: 7, Message: "new" }, SourceAnswerError],
  ])("finds %o in an answer of 200", (fields, expected) => {
    const body = { Response: "Error", Data: {}, ...fields };
    expect(read("cryptocompare", 200, body)).toBeInstanceOf(expected);
  });

  it("names the key where it is refused", () => {
    const body = { Data: {}, Err: { type: 2, message: "API key required" } };
    const error = read("cryptocompare", 401, body);
    expect(error).toBeInstanceOf(SourceOffError);
    expect(String(error)).toContain("CRYPTOCOMPARE_API_KEY");
  });
});

function coingeckoStatus(code: number): unknown {
  return { status: { error_code: code, error_message: "As CoinGecko says." } };
}

describe("readError of CoinGecko", () => {
  it.each([
    [429, coingeckoStatus(429), SourceRateLimitedError],
    [200, coingeckoStatus(429), SourceRateLimitedError],
    [401, coingeckoStatus(10_002), SourceOffError],
    [400, coingeckoStatus(10_010), SourceOffError],
    [401, coingeckoStatus(10_005), SourceOffError],
    [200, coingeckoStatus(503), SourceUnavailableError],
    [403, coingeckoStatus(1020), SourceBlockedError],
    [404, { error: "coin not found" }, UnknownSymbolError],
    [400, { error: "coin not found" }, UnknownSymbolError],
    [422, { error: "invalid vs_currency" }, SourceAnswerError],
  ])("reads status %i with %o", (code, body, expected) => {
    expect(read("coingecko", code, body)).toBeInstanceOf(expected);
  });
});

function massiveRefusal(message: string): unknown {
  return { status: "NOT_AUTHORIZED", request_id: "dd68e9ff6c00458b806e1947d8bbe2ff", message };
}

describe("readError of Massive", () => {
  it.each([
    [403, massiveRefusal("Your plan doesn't include this data timeframe."), SourceReachError],
    [200, massiveRefusal("Your plan doesn't include this data timeframe."), SourceReachError],
    [
      403,
      massiveRefusal("Attempted to request today's data before end of day."),
      SourceAnswerError,
    ],
    [403, massiveRefusal("You are not entitled to this data."), SourceOffError],
    [403, { status: "NOT_AUTHORIZED" }, SourceOffError],
    [401, { status: "ERROR", error: "Unknown API Key" }, SourceOffError],
    [429, { status: "ERROR", error: "You've exceeded the maximum" }, SourceRateLimitedError],
    [400, { status: "ERROR", error: "Could not parse the time parameter" }, SourceAnswerError],
    [200, { status: "ERROR", error: "Unknown" }, SourceAnswerError],
  ])("reads status %i with %o", (status, body, expected) => {
    const error = read("massive", status, body);
    expect(error).toBeInstanceOf(expected);
    expect(String(error)).toContain(`massive answered ${status}: {`);
  });

  it("is silent for a minute where no end is named, for calls are counted by the minute", () => {
    expect(read("massive", 429, { status: "ERROR" })).toMatchObject({ retryAfterMs: 60_000 });
  });

  it("names the key where it is refused", () => {
    expect(String(read("massive", 401, { status: "ERROR" }))).toContain("MASSIVE_API_KEY");
    expect(String(read("massive", 403, massiveRefusal("No.")))).toContain("MASSIVE_API_KEY");
  });

  it("does not take delayed data for an error", () => {
    expect(read("massive", 200, { status: "DELAYED", adjusted: false })).toBeUndefined();
  });
});

describe("readError of Finnhub", () => {
  it.each([
    [401, { error: "Invalid API key" }, SourceOffError],
    [403, { error: "You don't have access to this resource." }, SourceOffError],
    [429, { error: "API limit reached. Please try again later." }, SourceRateLimitedError],
    [422, { error: "Wrong resolution." }, SourceAnswerError],
    [502, { error: "Bad gateway" }, SourceUnavailableError],
  ])("reads status %i with %o", (status, body, expected) => {
    const error = read("finnhub", status, body);
    expect(error).toBeInstanceOf(expected);
    expect(String(error)).toContain(`finnhub answered ${status}: {`);
  });

  it("is silent for a minute where no end is named, and names the key where it is refused", () => {
    expect(read("finnhub", 429, {})).toMatchObject({ retryAfterMs: 60_000 });
    expect(String(read("finnhub", 403, { error: "No." }))).toContain("FINNHUB_API_KEY");
  });
});
