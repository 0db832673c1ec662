import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ClaimDecided, ClaimResult, FindDecidedClaims, type Data, type Message } from '@sluice/contracts';
import { Live } from '@sluice/http-kit';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyReply } from 'fastify';
import type { GatewayConfig } from '../config.js';
import { Rpc } from '../rpc.js';
import { GapCheck } from '../web/gap-check.js';
import { SharedReads } from '../web/shared-reads.js';
import { Streams } from '../web/streams.js';
import { Claims } from './claims.js';
import { ClaimQueue } from './claim-queue.js';
import type { QueueEntry } from './queue-position.js';
import { TicketStream } from './ticket-stream.js';
import type { Claimed } from './tickets.js';

/** Concurrent reads, as many as flash-sale's prefetch; further ones wait here and do not delay HTTP requests. */
const READS_AT_A_TIME = 100;

interface OpenTicket {
  claimed: Claimed;
  stream: TicketStream;
}

/** Opens the streams of tickets. */
@Injectable()
export class TicketStreams implements OnModuleDestroy {
  readonly #reads = new SharedReads<ClaimResult | undefined>(READS_AT_A_TIME);
  readonly #gaps: GapCheck<OpenTicket>;

  constructor(
    private readonly streams: Streams,
    private readonly live: Live,
    private readonly queue: ClaimQueue,
    private readonly claims: Claims,
    private readonly rpc: Rpc,
    @Inject(CONFIG) config: GatewayConfig,
  ) {
    this.#gaps = new GapCheck((open) => this.#refreshDecided(open), config.STREAM_REFRESH_MS);
    live.onMissed(() => this.#gaps.trigger());
  }

  /**
   * Resolves when the stream is open and its first event is sent, or another response was sent.
   * @param lastEventId the id of the last event that the caller has received
   * @throws ProblemError 400 the caller cannot have received that event, 429 or 503 too many open streams
   */
  async open(claimed: Claimed, entry: QueueEntry | undefined, lastEventId: number, reply: FastifyReply): Promise<void> {
    const { saleId, userId } = claimed;
    const wire = this.streams.admit(userId, reply);
    const read = (): Promise<ClaimResult | undefined> =>
      this.#reads.read(keyOf(claimed), () => this.claims.read(claimed));
    const stream = new TicketStream(wire, lastEventId, { read, position: () => this.queue.position(saleId, entry) });
    // Subscribe before the first read: a decision after it arrives as a fact, one before it is in the result.
    const unsubscribe = [
      this.live.subscribe('userId', userId, (fact) => {
        if (fact && isAbout(claimed, fact)) stream.decided(ClaimResult.parse(fact.data));
      }),
      this.queue.subscribe(saleId, () => stream.moved()),
    ];
    void wire.closed.then(() => unsubscribe.forEach((stop) => stop()));
    this.#gaps.add({ claimed, stream }, wire.closed);
    await stream.open(await this.claims.read(claimed));
  }

  onModuleDestroy(): void {
    this.#gaps.stop();
  }

  /** @throws ProblemError 503 flash-sale does not reply */
  async #refreshDecided(open: readonly OpenTicket[]): Promise<void> {
    const { decided } = await this.rpc.request(FindDecidedClaims, { tickets: open.map(({ claimed }) => claimed) });
    const keys = new Set(decided.map(keyOf));
    for (const { claimed, stream } of open) {
      if (keys.has(keyOf(claimed))) stream.refresh();
      else stream.moved();
    }
  }
}

const keyOf = ({ saleId, userId, round }: Claimed): string => `${saleId} ${userId} ${round}`;

type Decided = Data<typeof ClaimDecided>;

function isAbout({ saleId, round }: Claimed, { type, data }: Message): boolean {
  return type === ClaimDecided.type && (data as Decided).saleId === saleId && (data as Decided).round === round;
}
