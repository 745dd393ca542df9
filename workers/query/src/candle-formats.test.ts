import { describe, expect, test } from "vitest";
import { acceptedFormat, ARROW_TYPE, PARQUET_TYPE } from "./candle-formats.ts";

describe("acceptedFormat", () => {
  test.each([
    [undefined, "json"],
    ["", "json"],
    ["*/*", "json"],
    ["text/csv", "csv"],
    ["TEXT/CSV", "csv"],
    ["text/csv; charset=utf-8; header=present", "csv"],
    ["text/*", "csv"],
    ["application/*", "json"],
    ["application/x-ndjson", "ndjson"],
    [PARQUET_TYPE, "parquet"],
    [ARROW_TYPE, "arrow"],
    ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "json"],
    ["*/*, text/csv;q=0.1", "json"],
    ["*/*;q=0.1, text/csv", "csv"],
    ["*/*, text/csv", "csv"],
    ["text/csv, application/json", "csv"],
    ["application/json, text/csv", "json"],
    ["text/csv;q=0.2, application/x-ndjson;q=0.8", "ndjson"],
    ["text/csv;q=0", "json"],
    ["text/csv;q=0, */*", "json"],
    ["text/*, text/csv;q=0", "json"],
    ["application/json;q=0, */*", "csv"],
    ["text/csv;q=high", "json"],
    ["image/png", "json"],
    [",,;q=1, text/csv", "csv"],
  ])("of %j is %s", (header, format) => {
    expect(acceptedFormat(header)).toBe(format);
  });
});
