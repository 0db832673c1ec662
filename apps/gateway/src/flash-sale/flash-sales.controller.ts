import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { CloseSale, GetSale, Id, ListSales, NewSale, page } from '@sluice/contracts';
import { Describe, IdempotencyHeader, IdempotencyKey, Listing } from '@sluice/http-kit';
import { ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { GatewayConfig } from '../config.js';
import { saleIdsFor } from '../orders/order-id.js';
import { Accepted, PENDING, Rpc } from '../rpc.js';
import { Me, Public, Roles, type Caller } from '../web/auth.js';
import { SaleCreation } from './sale-creation.js';
import { SaleView, viewAt, viewOf } from './sale-view.js';
import { Sales } from './sales.js';

const SalePath = z.object({ id: Id });
type SalePath = z.output<typeof SalePath>;
const SalePage = page(SaleView);
type SalePage = z.output<typeof SalePage>;

/** After this time without a reply from flash-sale, the cached sales are returned. Milliseconds. */
const TIMEOUT_MS = 1_000;

const CREATED = {
  201: SaleView,
  202: Accepted,
  409: 'Not enough stock, or the key was used for another sale',
  422: `What is not valid, field by field; also a sale that is over, lasts longer than SALE_LONGEST_DAYS (usually 30) or
    opens later than in SALE_AHEAD_DAYS (usually 366)`.replace(/\s+/g, ' '),
};
/** 202: flash-sale is down, or the sale's stock is not allotted yet; it will be closed. */
const CLOSED = { 200: SaleView, 202: Accepted, 404: 'No such sale' };

const accepted = (id: string, reply: FastifyReply): Accepted => {
  void reply.status(202).header('location', `/flash-sales/${id}`);
  return { id, status: 'accepted' };
};

@Controller('flash-sales')
export class FlashSalesController {
  constructor(
    private readonly rpc: Rpc,
    private readonly sales: Sales,
    private readonly saleCreation: SaleCreation,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Roles('admin')
  @Post()
  @Describe('Open a sale, once its pieces are allotted; the same one twice is one', CREATED, IdempotencyHeader)
  async create(
    @Me() me: Caller,
    @IdempotencyKey() key: string | undefined,
    @Body({ schema: NewSale }) sale: z.output<typeof NewSale>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SaleView | Accepted> {
    const ids = saleIdsFor(this.config.IDEMPOTENCY_SECRET, me.id, key, sale);
    const { id, sale: created } = await this.saleCreation.create(ids, sale);
    void reply.header('location', `/flash-sales/${id}`);
    return created === PENDING ? accepted(id, reply) : viewOf(created);
  }

  @Roles('admin')
  @Post(':id/close')
  @HttpCode(200)
  @Describe(
    'Close a sale: what is left goes back to the shelf, who waits loses, unpaid wins keep their time; twice is once',
    CLOSED,
  )
  async close(
    @Param({ schema: SalePath }) { id }: SalePath,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SaleView | Accepted> {
    const closed = await this.rpc.requestOrPending(CloseSale, { saleId: id });
    if (closed === PENDING || closed.state === 'preparing') return accepted(id, reply);
    this.sales.remember(closed);
    return viewOf(closed);
  }

  @Public()
  @Get()
  @Describe('List sales, newest first', { 200: SalePage })
  async list(@Query({ schema: Listing }) listing: Listing): Promise<SalePage> {
    try {
      const { items, ...next } = await this.rpc.request(ListSales, listing, this.#timeoutMs);
      return { items: items.map(viewOf), ...next };
    } catch (error) {
      const cached = listing.cursor === undefined && isUnanswered(error) ? this.sales.all() : undefined;
      if (!cached) throw error;
      const now = this.sales.now();
      return { items: cached.slice(0, listing.limit).map((sale) => viewAt(sale, now)) };
    }
  }

  @Public()
  @Get(':id')
  @Describe('See a sale', { 200: SaleView, 404: 'No such sale' })
  async get(@Param({ schema: SalePath }) { id }: SalePath): Promise<SaleView> {
    try {
      return viewOf(await this.rpc.request(GetSale, { saleId: id }, this.#timeoutMs));
    } catch (error) {
      const cached = isUnanswered(error) ? this.sales.get(id) : undefined;
      if (!cached) throw error;
      return viewAt(cached, this.sales.now());
    }
  }

  get #timeoutMs(): number {
    return Math.min(TIMEOUT_MS, this.config.REPLY_TIMEOUT_MS);
  }
}

const isUnanswered = (error: unknown): boolean => error instanceof ProblemError && error.problem.status >= 500;
