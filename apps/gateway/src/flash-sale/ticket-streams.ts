import { Inject, Injectable } from '@nestjs/common';
import { ClaimDecided, ClaimResult, type Data, type Message } from '@sluice/contracts';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyReply } from 'fastify';
import type { GatewayConfig } from '../config.js';
import { Live } from '../live/live.js';
import { Streams } from '../live/streams.js';
import { ConcurrencyLimit } from '../live/concurrency-limit.js';
import { Claims } from './claims.js';
import { ClaimQueue } from './claim-queue.js';
import type { QueueEntry } from './queue-position.js';
import { TicketStream } from './ticket-stream.js';
import type { Claimed } from './tickets.js';

/** As many as flash-sale takes at once (its prefetch); the others stand in line here, and do not hold up those whom people wait for. */
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
   * Resolves when the stream is open and told what was there, or answered otherwise.
   * @param lastEventId the id of the last event that the caller has
   * @throws ProblemError 400 the caller cannot have that event, 429 or 503 no place for another stream
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
    // Before the first read: what is decided from then on is heard of, or in its answer.
    const unwatch = [
      this.live.subscribe('userId', userId, (fact) =>
        fact ? isAbout(claimed, fact) && stream.decided(ClaimResult.parse(fact.data)) : stream.refresh(),
      ),
      this.queue.subscribe(saleId, () => stream.moved()),
    ];
    void wire.closed.then(() => unwatch.forEach((stop) => stop()));
    await stream.open(await this.claims.read(claimed));
  }
}

type Decided = Data<typeof ClaimDecided>;

function isAbout({ saleId, round }: Claimed, { type, data }: Message): boolean {
  return type === ClaimDecided.type && (data as Decided).saleId === saleId && (data as Decided).round === round;
}
