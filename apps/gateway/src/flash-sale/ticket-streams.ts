import { Inject, Injectable } from '@nestjs/common';
import { ClaimDecided, ClaimResult, type Data, type Message } from '@sluice/contracts';
import { ConcurrencyLimit, Live } from '@sluice/http-kit';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyReply } from 'fastify';
import type { GatewayConfig } from '../config.js';
import { Streams } from '../web/streams.js';
import { Claims } from './claims.js';
import { ClaimQueue } from './claim-queue.js';
import type { QueueEntry } from './queue-position.js';
import { TicketStream } from './ticket-stream.js';
import type { Claimed } from './tickets.js';

/** Concurrent reads, as many as flash-sale's prefetch; further ones wait here and do not delay HTTP requests. */
const READS_AT_A_TIME = 100;

/** Opens the streams of tickets. */
@Injectable()
export class TicketStreams {
  readonly #reads = new ConcurrencyLimit(READS_AT_A_TIME);

  constructor(
    private readonly streams: Streams,
    private readonly live: Live,
    private readonly queue: ClaimQueue,
    private readonly claims: Claims,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  /**
   * Resolves when the stream is open and its first event is sent, or another response was sent.
   * @param lastEventId the id of the last event that the caller has received
   * @throws ProblemError 400 the caller cannot have received that event, 429 or 503 too many open streams
   */
  async open(claimed: Claimed, entry: QueueEntry | undefined, lastEventId: number, reply: FastifyReply): Promise<void> {
    const { saleId, userId } = claimed;
    const wire = this.streams.admit(userId, reply);
    const read = (): Promise<ClaimResult | undefined> =>
      this.#reads.run(async () => (wire.ended ? undefined : this.claims.read(claimed)));
    const stream = new TicketStream(
      wire,
      lastEventId,
      { read, position: () => this.queue.position(saleId, entry) },
      this.config,
    );
    // Subscribe before the first read: a decision after it arrives as a fact, one before it is in the result.
    const unsubscribe = [
      this.live.subscribe('userId', userId, (fact) =>
        fact ? isAbout(claimed, fact) && stream.decided(ClaimResult.parse(fact.data)) : stream.refresh(),
      ),
      this.queue.subscribe(saleId, () => stream.moved()),
    ];
    void wire.closed.then(() => unsubscribe.forEach((stop) => stop()));
    await stream.open(await this.claims.read(claimed));
  }
}

type Decided = Data<typeof ClaimDecided>;

function isAbout({ saleId, round }: Claimed, { type, data }: Message): boolean {
  return type === ClaimDecided.type && (data as Decided).saleId === saleId && (data as Decided).round === round;
}
