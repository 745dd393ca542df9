import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import type { Random } from "./random.ts";

/** A message as the queue holds it. */
interface Held {
  readonly id: string;
  /** JSON. */
  readonly body: string;
  readonly sentAtMs: number;
  readonly attempts: number;
}

export interface QueueSettings {
  readonly name: string;
  readonly random: Random;
  readonly retriesMax: number;
  readonly batchMax: number;
  /** Where messages go that used their retries up; none for a dead-letter queue. */
  readonly deadLetters?: FaultyQueue;
}

/** A batch on its way, and what to do when the consumer has ended. */
export interface Delivery {
  readonly batch: MessageBatch;
  /** Takes in what the consumer acknowledged, if it lived to say so; true where all was. */
  readonly settle: (isAlive: boolean) => Promise<boolean>;
}

/**
 * A queue with the platform's promises and no more: what is sent is delivered at least once, in no
 * order, until it is acknowledged; after its retries it moves to the dead-letter queue, where it
 * is delivered until it is acknowledged.
 * https://developers.cloudflare.com/queues/reference/delivery-guarantees/
 */
export class FaultyQueue {
  readonly #settings: QueueSettings;
  #pending: Held[] = [];
  #flying: Held[] = [];
  #sent = 0;

  constructor(settings: QueueSettings) {
    this.#settings = settings;
  }

  get isEmpty(): boolean {
    return this.#pending.length === 0;
  }

  /** Every body that the queue holds or delivers now. */
  get bodies(): unknown[] {
    return [...this.#pending, ...this.#flying].map(({ body }) => JSON.parse(body));
  }

  take(bodies: readonly unknown[], sentAtMs: number): void {
    for (const body of bodies) {
      this.#sent += 1;
      const id = `${this.#settings.name}-${this.#sent}`;
      this.#pending.push({ id, body: JSON.stringify(body), sentAtMs, attempts: 1 });
    }
  }

  /** A batch of `most` messages at random; some of them stay, to be delivered again. */
  deliver(most: number, twice: number): Delivery {
    const { name, random, batchMax } = this.#settings;
    const taken: Held[] = [];
    for (let left = Math.min(most, batchMax, this.#pending.length); left > 0; left -= 1) {
      taken.push(...this.#pending.splice(random.below(this.#pending.length), 1));
    }
    this.#pending.push(...taken.filter(() => random.chance(twice)));
    this.#flying.push(...taken);
    const batch = createMessageBatch(
      name,
      taken.map(({ id, body, sentAtMs, attempts }) => ({
        id,
        timestamp: new Date(sentAtMs),
        attempts,
        body: JSON.parse(body) as unknown,
      })),
    );
    const settle = async (isAlive: boolean): Promise<boolean> => {
      const { explicitAcks } = await getQueueResult(batch, createExecutionContext());
      // A consumer that was killed told the queue nothing, whatever it had meant to say.
      const acknowledged = new Set(isAlive ? explicitAcks : []);
      this.#flying = this.#flying.filter((one) => !taken.includes(one));
      const back = taken.filter(({ id }) => !acknowledged.has(id));
      back.forEach((message) => this.#sendBack(message));
      return back.length === 0;
    };
    return { batch, settle };
  }

  #sendBack(message: Held): void {
    const { retriesMax, deadLetters } = this.#settings;
    const attempts = message.attempts + 1;
    if (attempts > retriesMax + 1 && deadLetters !== undefined) {
      deadLetters.#pending.push({ ...message, attempts: 1 });
    } else {
      this.#pending.push({ ...message, attempts });
    }
  }
}
