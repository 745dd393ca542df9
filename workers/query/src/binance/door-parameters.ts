import { BINANCE_CODES, BinanceError, illegalCharacters } from "./binance-error.ts";

/** The parameters of a request, each given once and not empty. */
export type DoorParameters<Name extends string> = Readonly<Partial<Record<Name, string>>>;

/** `BTCUSDT`; `BTC-USDT`, as this system writes it, is understood too. */
const SYMBOL = /^[A-Z0-9-_.]{1,32}$/;

const WHOLE_NUMBER = /^[0-9]{1,20}$/;

/**
 * The parameters `names` of `queries`. Throws BinanceError as Binance does where one is there that
 * is not read, that is given twice, or that is empty.
 */
export function readDoorParameters<const Name extends string>(
  queries: Readonly<Record<string, readonly string[]>>,
  names: readonly Name[],
): DoorParameters<Name> {
  const sent = Object.entries(queries);
  const unread = sent.filter(([name]) => !names.some((known) => known === name)).length;
  if (unread > 0) {
    throw names.length === 0
      ? new BinanceError(
          BINANCE_CODES.tooManyParameters,
          `Too many parameters; expected '0' and received '${sent.length}'.`,
        )
      : new BinanceError(
          BINANCE_CODES.unreadParameters,
          `Not all sent parameters were read; read '${sent.length - unread}' parameter(s) but was sent '${sent.length}'.`,
        );
  }
  if (sent.some(([, values]) => values.length > 1)) {
    throw new BinanceError(
      BINANCE_CODES.tooManyParameters,
      "Duplicate values for a parameter detected.",
    );
  }
  const empty = sent.find(([, values]) => values[0] === "");
  if (empty !== undefined) {
    throw new BinanceError(BINANCE_CODES.emptyParameter, `Parameter '${empty[0]}' was empty.`);
  }
  const given: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = queries[name]?.[0];
    if (value !== undefined) {
      given[name] = value;
    }
  }
  return given;
}

/** `value` of the parameter `name`, which must be there. */
export function mandatory(name: string, value: string | undefined): string {
  if (value === undefined) {
    throw new BinanceError(
      BINANCE_CODES.mandatoryParameter,
      `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`,
    );
  }
  return value;
}

/** `value` as the name of a market; whether there is such a one is not asked. */
export function readSymbol(name: string, value: string): string {
  if (!SYMBOL.test(value)) {
    throw illegalCharacters(name, SYMBOL.source);
  }
  return value;
}

/** `value` as a number from 0 on; undefined where it is not given. */
export function readWholeNumber(name: string, value: string | undefined): number | undefined {
  if (value !== undefined && !WHOLE_NUMBER.test(value)) {
    throw illegalCharacters(name, WHOLE_NUMBER.source);
  }
  return value === undefined ? undefined : Number(value);
}

/** The unit of times in answers. */
export type TimeUnit = "milliseconds" | "microseconds";

/** What the header X-MBX-TIME-UNIT asks for. */
export function readTimeUnit(header: string | undefined): TimeUnit {
  switch (header?.toUpperCase()) {
    case undefined:
    case "MILLISECOND":
      return "milliseconds";
    case "MICROSECOND":
      return "microseconds";
    default:
      throw illegalCharacters("X-MBX-TIME-UNIT", "^(MILLISECOND|MICROSECOND)$");
  }
}

/** How many of `unit` a second has. */
export function unitsASecond(unit: TimeUnit): number {
  return unit === "milliseconds" ? 1_000 : 1_000_000;
}
