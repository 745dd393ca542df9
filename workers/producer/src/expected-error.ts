import { CandlehouseError } from "@candlehouse/shared/core/errors";

/** `thrown`, where it is an error that this system throws on purpose; throws it on where it is not. */
export function expectCandlehouseError(thrown: unknown): CandlehouseError {
  if (thrown instanceof CandlehouseError) {
    return thrown;
  }
  throw thrown;
}
