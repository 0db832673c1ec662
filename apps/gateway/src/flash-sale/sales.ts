import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { GetSale, ListSales, SaleChanged, type Sale, type SeenSale } from '@sluice/contracts';
import { ProblemError, Publisher } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import type { GatewayConfig } from '../config.js';
import { Refresher } from '../live/refresher.js';
import { Live } from '../live/live.js';
import { Rpc } from '../rpc.js';
import { SaleClock } from './sale-clock.js';
import { SaleCache } from './sale-cache.js';
import { SaleLookup } from './sale-lookup.js';

/** As many sales as are remembered. */
const PAGE = 100;
const MAX_PAGES = 10;
/** The connection that asks may come a moment after the one that listens. Milliseconds. */
const NOT_READY_MS = 100;

/**
 * The sales as this gateway knows them: told of each change, and asking now and then, since it may have missed one. It may be
 * a moment behind, which does no harm: who is let in too much is answered by flash-sale.
 */
@Injectable()
export class Sales implements OnModuleDestroy {
  readonly #logger = new Logger('sales');
  readonly #clock = new SaleClock();
  readonly #cache = new SaleCache();
  readonly #lookup: SaleLookup;
  readonly #refresher: Refresher;
  #complete = false;
  #soon: NodeJS.Timeout | undefined;

  constructor(
    live: Live,
    private readonly rpc: Rpc,
    private readonly publisher: Publisher,
    @Inject(CONFIG) config: GatewayConfig,
  ) {
    this.#refresher = new Refresher(() => this.#refresh(), config.SALES_REFRESH_MS);
    this.#lookup = new SaleLookup((saleId, patienceMs) => rpc.request(GetSale, { saleId }, patienceMs));
    live.onFact(SaleChanged, (fact) =>
      fact ? this.remember({ ...fact.data, at: fact.time }) : this.#refresher.trigger(),
    );
    this.#refresher.start();
  }

  /** What is known of it here and now. */
  get(id: string): Sale | undefined {
    return this.#cache.get(id);
  }

  /**
   * Asks for it when it is not known here; undefined when nobody could say.
   * @throws ProblemError 404 there is none, 503 too many others are being asked for
   */
  async find(id: string): Promise<Sale | undefined> {
    const known = this.get(id);
    if (known) return known;
    const found = await this.#lookup.find(id);
    if (found) this.remember(found);
    return found;
  }

  remember({ at, ...sale }: SeenSale): void {
    if (at !== undefined) this.#clock.observe(at);
    this.#cache.put(sale);
  }

  /** By flash-sale's clock, as far as it is known. Milliseconds since the epoch. */
  now(): number {
    return this.#clock.now();
  }

  /** The present by flash-sale's clock, RFC 3339; undefined before its first instant. */
  stamp(): string | undefined {
    const known = this.#clock.nowIfKnown();
    return known === undefined ? undefined : new Date(known).toISOString();
  }

  /** All that are known here; undefined as long as that may be next to nothing. */
  all(): Sale[] | undefined {
    return this.#complete ? this.#cache.all() : undefined;
  }

  onModuleDestroy(): void {
    this.#refresher.stop();
    clearTimeout(this.#soon);
  }

  async #refresh(): Promise<void> {
    if (!this.publisher.ready) return void (this.#soon = setTimeout(() => this.#refresher.trigger(), NOT_READY_MS));
    try {
      const listed = await this.#list();
      for (const { id, state } of this.#cache.all()) {
        if (!listed.has(id) && state !== 'closed') this.remember(await this.rpc.request(GetSale, { saleId: id }));
      }
      this.#complete = true;
    } catch (error) {
      // Flash-sale is away. What was known is better than nothing, and the next time is soon.
      if (!(error instanceof ProblemError)) this.#logger.warn(error);
    }
  }

  /** Newest first; behind a page on which all are closed nearly all are. @returns the ids of those that were seen */
  async #list(): Promise<Set<string>> {
    const seen = new Set<string>();
    let cursor: string | undefined;
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const { items, next } = await this.rpc.request(ListSales, {
        limit: PAGE,
        ...(cursor !== undefined && { cursor }),
      });
      for (const sale of items) {
        this.remember(sale);
        seen.add(sale.id);
      }
      if (next === undefined || items.every(({ state }) => state === 'closed')) break;
      cursor = next;
    }
    return seen;
  }
}
