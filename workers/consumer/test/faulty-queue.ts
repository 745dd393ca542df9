import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";

/** A message as the queue holds it. */
interface Held {
  readonly id: string;
  readonly body: string;
  readonly sentAtMs: number;
  readonly attempts: number;
}

export interface FaultyQueueSettings {
  readonly random: () => number;
  readonly queue: string;
  readonly deadLetterQueue: string;
  readonly retriesMax: number;
  /** Share of sends that fail; half of those are accepted all the same. */
  readonly sendFailures: number;
  /** Share of deliveries that come twice. */
  readonly doubles: number;
}

/** Handles a batch; resolves to false where the consumer was killed before its end. */
export type Handler = (batch: MessageBatch) => Promise<boolean>;

const BATCH_MESSAGES_MAX = 100;

/**
 * A queue with the platform's promises and no more: what is sent is delivered at least once, in no
 * order, until it is acknowledged; after its retries it moves to the dead-letter queue, where it
 * is delivered until it is acknowledged.
 * https://developers.cloudflare.com/queues/reference/delivery-guarantees/
 */
export class FaultyQueue {
  readonly #settings: FaultyQueueSettings;
  #pending: Held[] = [];
  #dead: Held[] = [];
  #sent = 0;
  movedToDeadLetterQueue = 0;

  constructor(settings: FaultyQueueSettings) {
    this.#settings = settings;
  }

  get isEmpty(): boolean {
    return this.#pending.length === 0 && this.#dead.length === 0;
  }

  /** Accepts all of `bodies`, or fails; a failure may hide that they were accepted. */
  send(bodies: readonly unknown[], sentAtMs: number): void {
    const roll = this.#settings.random() / this.#settings.sendFailures;
    for (const body of roll >= 0.5 ? bodies : []) {
      this.#sent += 1;
      const id = `sent-${this.#sent}`;
      this.#pending.push({ id, body: JSON.stringify(body), sentAtMs, attempts: 1 });
    }
    if (roll < 1) {
      throw new Error("Queue send failed: Too Many Requests");
    }
  }

  /** Delivers some messages to `handle` and holds on to what it did not acknowledge. */
  async deliverSome(handle: Handler): Promise<void> {
    const { random, queue, deadLetterQueue } = this.#settings;
    const fromDead = this.#pending.length === 0 || (this.#dead.length > 0 && random() < 0.3);
    const pool = fromDead ? this.#dead : this.#pending;
    const taken = this.#take(pool, Math.ceil(random() * BATCH_MESSAGES_MAX));
    const batch = createMessageBatch(
      fromDead ? deadLetterQueue : queue,
      taken.map(({ id, body, sentAtMs, attempts }) => ({
        id,
        timestamp: new Date(sentAtMs),
        attempts,
        body: JSON.parse(body),
      })),
    );
    const finished = await handle(batch);
    const { explicitAcks } = await getQueueResult(batch, createExecutionContext());
    // A consumer that was killed told the queue nothing, whatever it had meant to say.
    const acknowledged = new Set(finished ? explicitAcks : []);
    for (const message of taken.filter(({ id }) => !acknowledged.has(id))) {
      this.#sendBack({ ...message, attempts: message.attempts + 1 }, fromDead);
    }
  }

  /** Takes up to `count` messages at random; some of them stay, to be delivered again. */
  #take(pool: Held[], count: number): Held[] {
    const { random, doubles } = this.#settings;
    const taken: Held[] = [];
    for (let left = Math.min(count, pool.length); left > 0; left -= 1) {
      const [message] = pool.splice(Math.floor(random() * pool.length), 1);
      if (message !== undefined) {
        taken.push(message);
      }
    }
    pool.push(...taken.filter(() => random() < doubles));
    return taken;
  }

  #sendBack(message: Held, toDead: boolean): void {
    if (toDead) {
      this.#dead.push(message);
    } else if (message.attempts > this.#settings.retriesMax + 1) {
      this.movedToDeadLetterQueue += 1;
      this.#dead.push({ ...message, attempts: 1 });
    } else {
      this.#pending.push(message);
    }
  }
}
