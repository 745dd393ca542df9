import { findCandleFault } from "@candlehouse/shared/core/candle";
import { shownTimeMs, type ClockSetting } from "@candlehouse/shared/core/clock";
import { PoisonMessageError } from "@candlehouse/shared/core/errors";
import { findContradiction, type SentCandles } from "@candlehouse/shared/core/store-plan";
import {
  decodeCandle,
  decodeMessage,
  type CandleMessage,
} from "@candlehouse/shared/queue/candle-message";
import type { DeadMessage } from "./fate.ts";

/** A message whose candles may be stored. */
export interface ReadableMessage {
  readonly message: Message;
  readonly sent: SentCandles;
}

/** The messages that can be stored, and those that never can. */
export interface DecodedBatch {
  readonly readable: readonly ReadableMessage[];
  readonly dead: readonly DeadMessage[];
}

/** Reads every message of a batch at the shown time `nowSeconds`; no message spoils another. */
export function decodeBatch(
  messages: readonly Message[],
  clock: ClockSetting,
  nowSeconds: number,
): DecodedBatch {
  const readable: ReadableMessage[] = [];
  const dead: DeadMessage[] = [];
  for (const message of messages) {
    try {
      const { source, candles } = decodeTrueMessage(message.body, nowSeconds);
      const sentAtMs = Math.floor(shownTimeMs(clock, message.timestamp.getTime()));
      readable.push({ message, sent: { source, candles, sentAtMs } });
    } catch (error) {
      dead.push({
        message,
        reasonCode: "poison_message",
        reason:
          error instanceof PoisonMessageError ? error.message : `unreadable: ${String(error)}`,
      });
    }
  }
  return { readable, dead };
}

/** The message in `body`, whose candles all can be true. Throws PoisonMessageError. */
function decodeTrueMessage(body: unknown, nowSeconds: number): CandleMessage {
  const message = decodeMessage(body);
  for (const [index, row] of message.candles.entries()) {
    const fault = findCandleFault(decodeCandle(row), row[1], nowSeconds);
    if (fault !== undefined) {
      throw new PoisonMessageError(`message["candles"][${index}]: ${fault}`);
    }
  }
  const contradiction = findContradiction(message.candles);
  if (contradiction !== undefined) {
    throw new PoisonMessageError(`message["candles"]: ${contradiction}`);
  }
  return message;
}
