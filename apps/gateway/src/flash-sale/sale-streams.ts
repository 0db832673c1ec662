import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Sale } from '@sluice/contracts';
import { eventIdNotOfThisStream } from '@sluice/http-kit';
import { ProblemError } from '@sluice/messaging';
import type { FastifyReply } from 'fastify';
import { Streams } from '../web/streams.js';
import { SaleFeed } from './sale-feed.js';
import { Sales } from './sales.js';

/** Opens the streams of sales. */
@Injectable()
export class SaleStreams implements OnModuleDestroy {
  readonly #feeds = new Map<string, { feed: SaleFeed; unsubscribe: () => void }>();

  constructor(
    private readonly streams: Streams,
    private readonly sales: Sales,
  ) {}

  /**
   * Resolves when the stream is open and its first event is sent, or another response was sent.
   * @param lastVersion the version of the last event that the caller has received
   * @throws ProblemError 400 the sale never had that version, 404 no such sale, 429 or 503 too many open streams, or 503
   *   flash-sale does not reply and the sale is not known here
   */
  async open(saleId: string, lastVersion: number, reply: FastifyReply): Promise<void> {
    const stream = await this.streams.admitAnybody(reply);
    const sale = await this.#saleOf(saleId, lastVersion);
    const feed = this.#feedOf(sale);
    feed.open(stream, lastVersion);
    void stream.closed.then(() => this.#endUnwatched(saleId));
  }

  onModuleDestroy(): void {
    for (const { feed } of this.#feeds.values()) feed.stop();
  }

  /** Another gateway may be ahead of this one: a version that is not known here is looked for at flash-sale. */
  async #saleOf(saleId: string, lastVersion: number): Promise<Sale> {
    const known = await this.sales.find(saleId);
    const sale = known && lastVersion > known.version ? await this.sales.latest(saleId) : known;
    if (!sale) throw ProblemError.of(503, 'Service Unavailable', 'The sale cannot be read now. Please try again.');
    if (lastVersion > sale.version) throw eventIdNotOfThisStream;
    return sale;
  }

  #feedOf(sale: Sale): SaleFeed {
    const known = this.#feeds.get(sale.id);
    if (known) return known.feed;
    const feed = new SaleFeed(sale, () => this.sales.now());
    const unsubscribe = this.sales.subscribe(sale.id, (next) => feed.changed(next));
    this.#feeds.set(sale.id, { feed, unsubscribe });
    return feed;
  }

  #endUnwatched(saleId: string): void {
    const known = this.#feeds.get(saleId);
    if (!known || known.feed.isWatched) return;
    known.unsubscribe();
    known.feed.stop();
    this.#feeds.delete(saleId);
  }
}
