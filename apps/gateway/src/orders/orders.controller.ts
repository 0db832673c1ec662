import { Body, Controller, Get, Inject, Param, Post, Query, Res } from '@nestjs/common';
import {
  GetOrder,
  GetTimeline,
  Id,
  ListOrders,
  NewOrder,
  Order,
  OrderStatus,
  page,
  PlaceOrder,
  Timeline,
  type Reply,
} from '@sluice/contracts';
import { Describe, IdempotencyHeader, IdempotencyKey, Listing } from '@sluice/http-kit';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { GatewayConfig } from '../config.js';
import { DisplayedProducts } from '../products/displayed-products.js';
import { Accepted, PENDING, Rpc } from '../rpc.js';
import { Me, seenBy, type Caller } from '../web/auth.js';
import { hashOf, orderIdFor } from './order-id.js';

const OrderPath = z.object({ id: Id });
type OrderPath = z.output<typeof OrderPath>;
const OrderListing = Listing.extend({ status: OrderStatus.optional() });

const PLACED = {
  201: Order,
  202: Accepted,
  409: 'The key was used for another order',
  429:
    'Too many requests, or the account has too many unpaid orders, or pieces in them (`limit` says which): ' +
    'pay or cancel one first',
  503: 'Not accepted; safe to try again',
};

@Controller('orders')
export class OrdersController {
  constructor(
    private readonly rpc: Rpc,
    private readonly displayedProducts: DisplayedProducts,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  /**
   * Orders are not stored here: one without a reply in time waits at the broker, and a repeat with the same key finds
   * it.
   */
  @Post()
  @Describe('Place an order', PLACED, IdempotencyHeader)
  async place(
    @Me() me: Caller,
    @IdempotencyKey() key: string | undefined,
    @Body({ schema: NewOrder }) order: z.output<typeof NewOrder>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Order | Accepted> {
    const orderId = orderIdFor(this.config.IDEMPOTENCY_SECRET, me.id, key);
    const shown = await this.displayedProducts.versionsOf([...new Set(order.lines.map(({ sku }) => sku))]);
    const of = { orderId, userId: me.id, bodyHash: hashOf(order), ...(me.verified && { verified: true }) };
    const answer = await this.rpc.requestOrPending(PlaceOrder, { ...order, ...of, shown });
    void reply.header('location', `/orders/${orderId}`);
    if (answer !== PENDING) return answer;
    void reply.status(202);
    return { id: orderId, status: 'accepted' };
  }

  @Get()
  @Describe('List my orders, newest first', { 200: page(Order) })
  list(
    @Me() me: Caller,
    @Query({ schema: OrderListing }) listing: z.output<typeof OrderListing>,
  ): Promise<Reply<typeof ListOrders>> {
    return this.rpc.request(ListOrders, { ...listing, userId: me.id });
  }

  @Get(':id')
  @Describe('See an order', { 200: Order, 404: 'No such order of mine' })
  get(@Me() me: Caller, @Param({ schema: OrderPath }) { id }: OrderPath): Promise<Order> {
    return this.rpc.request(GetOrder, { orderId: id, ...seenBy(me) });
  }

  @Get(':id/timeline')
  @Describe('See what happened to an order', { 200: Timeline, 404: 'No such order of mine' })
  timeline(@Me() me: Caller, @Param({ schema: OrderPath }) { id }: OrderPath): Promise<Reply<typeof GetTimeline>> {
    return this.rpc.request(GetTimeline, { orderId: id, ...seenBy(me) });
  }
}
