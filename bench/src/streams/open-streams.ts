import { Agent, request, type ClientRequest } from 'node:http';
import type { UnpaidOrder } from '../orders/sluice.js';

/** Streams that are opened at the same time. */
const AT_A_TIME = 100;
/** Time for the event `completed` of an order that is paid. Milliseconds. */
const WITHIN_MS = 10_000;

/** Open streams of orders, each on a connection of its own. */
export class OpenStreams {
  readonly #agent = new Agent({ keepAlive: false });
  readonly #requests = new Set<ClientRequest>();
  /** By order: called for each stream that shows it as completed. */
  readonly #completed = new Map<string, () => void>();

  constructor(private readonly port: number) {}

  /** Streams that are open now. */
  get count(): number {
    return this.#requests.size;
  }

  /** Opens so many streams for each order. @throws Error when one is refused */
  async open(orders: readonly UnpaidOrder[], perOrder: number): Promise<void> {
    const all = orders.flatMap((order) => Array.from({ length: perOrder }, () => order));
    for (let n = 0; n < all.length; n += AT_A_TIME)
      await Promise.all(all.slice(n, n + AT_A_TIME).map((order) => this.#open(order)));
  }

  /**
   * Pays the orders one after the other.
   * @returns for each, the time from its completion until all of its streams have shown it. Milliseconds
   */
  async follow(orders: readonly UnpaidOrder[]): Promise<number[]> {
    const times: number[] = [];
    for (const order of orders) {
      const shown = this.#allShow(order.id);
      await order.pay();
      const completed = performance.now();
      times.push(Math.max(0, (await shown) - completed));
    }
    return times;
  }

  close(): void {
    for (const stream of this.#requests) stream.destroy();
  }

  /** @returns the time at which the last stream of the order has shown it as completed */
  #allShow(id: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`not all streams show ${id} as completed`)), WITHIN_MS);
      let left = [...this.#requests].filter(({ path }) => path.includes(id)).length;
      this.#completed.set(id, () => {
        left -= 1;
        if (left > 0) return;
        clearTimeout(late);
        resolve(performance.now());
      });
    });
  }

  /** Resolves with the first event. */
  #open({ id, token }: UnpaidOrder): Promise<void> {
    const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
    const to = { host: '127.0.0.1', port: this.port, agent: this.#agent, path: `/orders/${id}/stream`, headers };
    return new Promise((resolve, reject) => {
      const stream = request(to, (response) => {
        if (response.statusCode !== 200) return reject(new Error(`a stream was refused: ${response.statusCode}`));
        response.setEncoding('utf8').on('data', (text: string) => {
          resolve();
          if (text.includes('"status":"completed"')) this.#completed.get(id)?.();
        });
        response.on('close', () => this.#requests.delete(stream));
      });
      stream.on('error', reject).end();
      this.#requests.add(stream);
    });
  }
}
