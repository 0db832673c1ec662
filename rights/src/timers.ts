import type { User } from './user.js';

interface TimerQueue {
  readonly name: string;
  /** Of its declaration. */
  readonly refusal?: string | undefined;
}

/** The queues of timers that one user declares, each once. */
export class Timers {
  readonly #made = new Map<string, TimerQueue>();
  /** A user that may declare none is refused for the same reason every time. */
  #refusalOfAll: string | undefined;

  constructor(private readonly user: User) {}

  /** A queue whose messages go to this exchange under this key. */
  async queueTo(exchange: string, key: string): Promise<TimerQueue> {
    const target = `${exchange} ${key}`;
    const queue = this.#made.get(target) ?? (await this.#declare(exchange, key));
    this.#made.set(target, queue);
    return queue;
  }

  async #declare(exchange: string, key: string): Promise<TimerQueue> {
    const name = `orders.payment-window.${this.#made.size + 1}`;
    if (this.#refusalOfAll !== undefined) return { name, refusal: this.#refusalOfAll };
    const args = { 'x-message-ttl': 1, 'x-dead-letter-exchange': exchange, 'x-dead-letter-routing-key': key };
    const refusal = await this.user.attempt((channel) => channel.assertQueue(name, { durable: true, arguments: args }));
    if (refusal?.includes(`queue '${name}'`)) this.#refusalOfAll = refusal;
    return { name, refusal };
  }
}
