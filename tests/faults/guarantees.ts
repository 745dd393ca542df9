import { CLOCK_SKEW_SECONDS_MAX } from "@candlehouse/shared/core/candle";
import { parseSeries } from "@candlehouse/shared/core/series";
import { closeTimeOf } from "@candlehouse/shared/core/timeframe";
import type { CandleMessage } from "@candlehouse/shared/queue/candle-message";
import { addMessage, readHoldings, type Holdings, type Values } from "./holdings.ts";
import type { World } from "./world.ts";

/** A guarantee that did not hold. */
export class BrokenGuaranteeError extends Error {}

/**
 * Checks what must hold at every moment, whatever goes on:
 *
 * - nothing is lost: a value that a queue or the archiver took over is in D1, in a sound file, a
 *   revision, a message, or a dead letter that can be replayed;
 * - nothing is invented: every stored candle is one that its source told;
 * - only closed candles are stored;
 * - stored candles never change.
 */
export class Guarantees {
  readonly #world: World;
  readonly #firstServed = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  async check(): Promise<Holdings> {
    const holdings = await readHoldings();
    this.#checkLoss(holdings);
    for (const [key, value] of holdings.served) {
      this.#checkStored(key, value);
    }
    return holdings;
  }

  #checkLoss({ held }: Holdings): void {
    const waiting: Values = new Map();
    const { candles, candlesDead, accepted } = this.#world;
    for (const body of [...candles.bodies, ...candlesDead.bodies]) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only messages are sent there
      addMessage(waiting, body as CandleMessage);
    }
    for (const [key, values] of accepted) {
      for (const value of values) {
        if (held.get(key)?.has(value) !== true && waiting.get(key)?.has(value) !== true) {
          throw new BrokenGuaranteeError(`lost: ${key} ${value}`);
        }
      }
    }
  }

  #checkStored(key: string, value: string): void {
    if (this.#world.market.said.get(key)?.has(value) !== true) {
      throw new BrokenGuaranteeError(`invented: ${key} ${value}`);
    }
    const first = this.#firstServed.get(key);
    if (first === undefined) {
      this.#firstServed.set(key, value);
      this.#checkClosed(key);
    } else if (first !== value) {
      throw new BrokenGuaranteeError(`changed: ${key} was ${first}, is ${value}`);
    }
  }

  #checkClosed(key: string): void {
    const [name = "", timestamp] = key.split(" ");
    const series = parseSeries(name);
    const close = series && closeTimeOf(Number(timestamp), series.timeframe);
    if (close === undefined || close > this.#world.nowSeconds + CLOCK_SKEW_SECONDS_MAX) {
      throw new BrokenGuaranteeError(`not closed: ${key} at ${this.#world.nowSeconds}`);
    }
  }
}
