/** What Binance says is wrong with a request, by its own codes. */
// https://developers.binance.com/docs/binance-spot-api-docs/errors
export const BINANCE_CODES = {
  unknown: -1000,
  disconnected: -1001,
  illegalCharacters: -1100,
  tooManyParameters: -1101,
  mandatoryParameter: -1102,
  unreadParameters: -1104,
  emptyParameter: -1105,
  invalidInterval: -1120,
  invalidSymbol: -1121,
  badCombination: -1128,
  invalidParameter: -1130,
  invalidPath: -5000,
} as const;

export type BinanceCode = (typeof BINANCE_CODES)[keyof typeof BINANCE_CODES];

/** A request that the Binance-compatible door refuses: HTTP 400, `{"code", "msg"}`. */
export class BinanceError extends Error {
  readonly code: BinanceCode;

  constructor(code: BinanceCode, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The error of a parameter whose value is none that can be meant; `allowed` says which are. */
export function invalidParameter(name: string, allowed: string): BinanceError {
  return new BinanceError(
    BINANCE_CODES.invalidParameter,
    `Data sent for parameter '${name}' is not valid: ${allowed}.`,
  );
}

export function illegalCharacters(name: string, legal: string): BinanceError {
  return new BinanceError(
    BINANCE_CODES.illegalCharacters,
    `Illegal characters found in parameter '${name}'; legal range is '${legal}'.`,
  );
}

export function invalidSymbol(): BinanceError {
  return new BinanceError(BINANCE_CODES.invalidSymbol, "Invalid symbol.");
}
