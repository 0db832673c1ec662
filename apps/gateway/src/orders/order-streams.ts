import { Inject, Injectable } from '@nestjs/common';
import { GetOrderChanges, type Message } from '@sluice/contracts';
import { ConcurrencyLimit, Live } from '@sluice/http-kit';
import { ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyReply } from 'fastify';
import type { GatewayConfig } from '../config.js';
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

/** Opens the streams of orders. */
@Injectable()
export class OrderStreams {
  readonly #reads = new ConcurrencyLimit(READS_AT_A_TIME);

  constructor(
    private readonly streams: Streams,
    private readonly live: Live,
    private readonly rpc: Rpc,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  /**
   * Resolves when the stream is open and its first events are sent, or another response was sent.
   * @param lastVersion the version up to which the caller has the order
   * @throws ProblemError 400 the order never had that version, 404 no such order, 429 or 503 too many open streams
   */
  async open(me: Caller, orderId: string, lastVersion: number, reply: FastifyReply): Promise<void> {
    const wire = this.streams.admit(me.id, reply);
    const read = (after: number): Promise<OrderChanges | undefined> => this.#changes(me, orderId, after);
    const stream = new OrderStream(
      wire,
      lastVersion,
      (after) => this.#reads.run(async () => (wire.ended ? undefined : read(after))),
      this.config,
    );
    // Subscribe before the first read: a later change arrives as a fact, an earlier one is in the reply.
    const unsubscribe = this.live.subscribe('orderId', orderId, (fact) => concerns(me, fact) && stream.refresh());
    void wire.closed.then(unsubscribe);
    await stream.open(await read(readFrom(lastVersion)));
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

/** An id can be guessed before its order is placed: only facts of the caller's own orders trigger a read. */
const concerns = (me: Caller, fact: Message | undefined): boolean =>
  fact === undefined || me.role === 'admin' || (fact.data as { userId?: unknown }).userId === me.id;
