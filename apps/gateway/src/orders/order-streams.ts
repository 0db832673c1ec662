import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { FindChangedOrders, GetOrderChanges } from '@sluice/contracts';
import { Live } from '@sluice/http-kit';
import { ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyReply } from 'fastify';
import type { GatewayConfig } from '../config.js';
import { GapCheck } from '../web/gap-check.js';
import { SharedReads } from '../web/shared-reads.js';
import { Streams } from '../web/streams.js';
import { PENDING, Rpc } from '../rpc.js';
import { seenBy, type Caller } from '../web/auth.js';
import { readFrom, type OrderChanges } from './order-events.js';
import { OrderStream } from './order-stream.js';

/**
 * Concurrent reads of streams, as many as orders' prefetch. After a reconnect all streams read, and while orders is
 * down each read takes its full timeout; HTTP requests must still get through.
 */
const READS_AT_A_TIME = 100;

interface Followed {
  orderId: string;
  me: Caller;
  stream: OrderStream;
}

/** Opens the streams of orders. */
@Injectable()
export class OrderStreams implements OnModuleDestroy {
  readonly #reads = new SharedReads<OrderChanges | undefined>(READS_AT_A_TIME);
  readonly #gaps: GapCheck<Followed>;

  constructor(
    private readonly streams: Streams,
    private readonly live: Live,
    private readonly rpc: Rpc,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {
    this.#gaps = new GapCheck((followed) => this.#refreshChanged(followed), config.STREAM_REFRESH_MS);
    live.onMissed(() => this.#gaps.trigger());
  }

  /**
   * Resolves when the stream is open and its first events are sent, or another response was sent.
   * @param lastVersion the version up to which the caller has the order
   * @throws ProblemError 400 the order never had that version, 404 no such order, 429 or 503 too many open streams
   */
  async open(me: Caller, orderId: string, lastVersion: number, reply: FastifyReply): Promise<void> {
    const wire = this.streams.admit(me.id, reply);
    const viewer = seenBy(me);
    const read = (after: number): Promise<OrderChanges | undefined> =>
      this.#reads.read(JSON.stringify([orderId, after, viewer]), () => this.#changes(me, orderId, after));
    const stream = new OrderStream(wire, lastVersion, read, this.config);
    // Subscribe before the first read: a later change arrives as a fact, an earlier one is in the reply.
    const unsubscribe = this.live.subscribe(
      'orderId',
      orderId,
      (fact) => fact && concerns(me, fact.data) && stream.refresh(),
    );
    void wire.closed.then(unsubscribe);
    this.#gaps.add({ orderId, me, stream }, wire.closed);
    await stream.open(await this.#changes(me, orderId, readFrom(lastVersion)));
  }

  onModuleDestroy(): void {
    this.#gaps.stop();
  }

  /** @throws ProblemError 503 orders does not reply */
  async #refreshChanged(followed: readonly Followed[]): Promise<void> {
    const known = new Map<string, number>();
    for (const { orderId, stream } of followed)
      known.set(orderId, Math.min(stream.version, known.get(orderId) ?? Infinity));
    const orders = [...known].map(([orderId, after]) => ({ orderId, after }));
    const { changed } = await this.rpc.request(FindChangedOrders, { orders });
    const byId = new Map(changed.map((order) => [order.orderId, order]));
    for (const { orderId, me, stream } of followed) {
      const order = byId.get(orderId);
      if (order && order.version > stream.version && concerns(me, order)) stream.refresh();
    }
  }

  async #changes(me: Caller, orderId: string, after: number): Promise<OrderChanges | undefined> {
    try {
      const answer = await this.rpc.requestOrPending(GetOrderChanges, { orderId, after, ...seenBy(me) });
      return answer === PENDING ? undefined : answer;
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status === 503) return undefined;
      throw error;
    }
  }
}

/** An id can be guessed before its order is placed: only news of the caller's own orders triggers a read. */
const concerns = (me: Caller, news: unknown): boolean =>
  me.role === 'admin' || (news as { userId?: unknown }).userId === me.id;
