import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { GetSale, ListSales, SaleChanged, type Sale, type SeenSale } from '@sluice/contracts';
import { ClockEstimate, Live, Refresher, Subscriptions } from '@sluice/http-kit';
import { ProblemError, Publisher } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import type { GatewayConfig } from '../config.js';
import { Rpc } from '../rpc.js';
import { SaleCache, SaleLookup } from './sale-cache.js';

/** PAGE * MAX_PAGES: as many sales as `SaleCache` keeps. */
const PAGE = 100;
const MAX_PAGES = 10;
/** After this time without a reply, the cached sale is the latest. Milliseconds. */
const LATEST_WITHIN_MS = 1_000;
/**
 * Retry interval while the publishing connection is not ready; it may connect later than the consuming one.
 * Milliseconds.
 */
const NOT_READY_MS = 100;

/**
 * Cached sales: updated by each `sale.changed`, and refreshed periodically, since a fact may be lost. The cache may be
 * a moment behind, which is harmless: flash-sale rejects surplus claims.
 */
@Injectable()
export class Sales implements OnModuleDestroy {
  readonly #logger = new Logger('sales');
  /** Clock of flash-sale's database, which opens and closes sales: no claim is refused that flash-sale would accept. */
  readonly #clock = new ClockEstimate();
  readonly #cache = new SaleCache();
  readonly #listeners = new Subscriptions<(sale: Sale) => void>();
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
    this.#lookup = new SaleLookup((saleId, timeoutMs) => rpc.request(GetSale, { saleId }, timeoutMs));
    live.onFact(SaleChanged, (fact) =>
      fact ? this.remember({ ...fact.data, at: fact.time }) : this.#refresher.trigger(),
    );
    this.#refresher.start();
  }

  /** Returns the cached sale. */
  get(id: string): Sale | undefined {
    return this.#cache.get(id);
  }

  /**
   * Returns the cached sale, or requests it; undefined when flash-sale does not reply.
   * @throws ProblemError 404 no such sale, 503 too many other lookups are under way
   */
  async find(id: string): Promise<Sale | undefined> {
    const cached = this.get(id);
    if (cached) return cached;
    const found = await this.#lookup.find(id);
    if (found) this.remember(found);
    return found;
  }

  remember({ at, ...sale }: SeenSale): void {
    if (at !== undefined) this.#clock.observe(at);
    if (this.#cache.put(sale)) for (const listener of this.#listeners.get(sale.id)) listener(sale);
  }

  /** Calls the listener with each new version of a sale, until the returned function is called. */
  subscribe(id: string, listener: (sale: Sale) => void): () => void {
    return this.#listeners.add(id, listener);
  }

  /** Reads a sale from flash-sale; the cached one while it does not reply. @throws ProblemError 404 no such sale */
  async latest(id: string): Promise<Sale | undefined> {
    try {
      this.remember(await this.rpc.request(GetSale, { saleId: id }, LATEST_WITHIN_MS));
    } catch (error) {
      if (!(error instanceof ProblemError) || error.problem.status < 500) throw error;
    }
    return this.get(id);
  }

  /** By flash-sale's clock, or by this process's clock before its first instant. Milliseconds since the epoch. */
  now(): number {
    return this.#clock.now();
  }

  /** Current time by flash-sale's clock, RFC 3339; undefined before its first instant. */
  stamp(): string | undefined {
    const now = this.#clock.nowIfKnown();
    return now === undefined ? undefined : new Date(now).toISOString();
  }

  /** All cached sales; undefined before the first complete refresh. */
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
      // flash-sale is down: keep the cached sales until the next refresh.
      if (!(error instanceof ProblemError)) this.#logger.warn(error);
    }
  }

  /**
   * Reads pages, newest first, up to a page on which all sales are closed: the older ones are nearly all closed.
   * @returns the ids of the listed sales
   */
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
