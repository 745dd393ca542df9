import { resolutionOf } from "@candlehouse/shared/core/resolution";
import { SOURCES } from "@candlehouse/shared/core/source";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { SOURCE_NAMES } from "./symbol-info.ts";
import { exchangeOf } from "./ticker.ts";

/** What a chart may ask of this system. */
export const UDF_CONFIG = {
  supports_search: true,
  supports_group_request: false,
  supports_marks: true,
  supports_timescale_marks: true,
  supports_time: true,
  supported_resolutions: TIMEFRAMES.map(resolutionOf),
  exchanges: [
    { value: "", name: "All sources", desc: "" },
    ...SOURCES.map((source) => ({
      value: exchangeOf(source),
      name: SOURCE_NAMES[source],
      desc: SOURCE_NAMES[source],
    })),
  ],
  symbols_types: [
    { name: "All types", value: "" },
    { name: "Crypto", value: "crypto" },
    { name: "Stocks", value: "stock" },
  ],
} as const;
