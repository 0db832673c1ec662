import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import {
  GetOrder,
  GetPayable,
  Id,
  Pay,
  PaymentRequest,
  PaymentResult,
  RefuseCard,
  type OrderStatus,
} from '@sluice/contracts';
import { Describe } from '@sluice/http-kit';
import { ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { GatewayConfig } from '../config.js';
import { PENDING, Rpc } from '../rpc.js';
import { Me, type Caller } from '../web/auth.js';
import { CardVault } from './card-vault.js';
import { PayableOrders } from './payable-orders.js';

const OrderPath = z.object({ id: Id });
type OrderPath = z.output<typeof OrderPath>;
type About = z.input<typeof GetPayable.schema>;
type PaymentResult = z.output<typeof PaymentResult>;

/**
 * After this time without a reply from payments, the payment is accepted unchecked; payments checks it later.
 * Milliseconds.
 */
const TIMEOUT_MS = 1_000;

const ANSWERS = {
  200: PaymentResult,
  202: PaymentResult,
  402: 'The card was declined',
  404: 'No such order of mine',
  409: 'Not payable now',
  422: 'What is not valid, field by field; or a card that the card gateway does not know',
  429: 'Too many requests, or too many cards have failed for this order or account: come again after Retry-After seconds',
};

@Controller('orders/:id/payment')
export class PaymentsController {
  constructor(
    private readonly rpc: Rpc,
    private readonly cards: CardVault,
    private readonly payable: PayableOrders,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Post()
  @HttpCode(200)
  @Describe('Pay an order', ANSWERS)
  async pay(
    @Me() me: Caller,
    @Param({ schema: OrderPath }) { id }: OrderPath,
    @Body({ schema: PaymentRequest }) { card }: z.output<typeof PaymentRequest>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PaymentResult> {
    const about = { orderId: id, userId: me.id };
    const answer = await this.take(about, card, this.rpc.acceptedNow()).catch((error: unknown) =>
      this.explain(error, id, me),
    );
    if (answer !== PENDING && answer?.status === 'captured') return answer;
    void reply.status(202).header('location', `/orders/${id}`);
    return { status: 'pending' };
  }

  /**
   * Checks that there is something to pay before it exchanges the card, or before the caller learns that the card is
   * unknown: otherwise the response would reveal whether a card exists.
   * @param acceptedAt before the card number is exchanged, which takes time
   */
  private async take(about: About, card: string, acceptedAt: string | undefined) {
    const isKnown = this.payable.take(about);
    if (!isKnown) await this.check(about, acceptedAt);
    const cardToken = await this.exchanged(card);
    if (cardToken !== undefined) return this.rpc.requestOrPending(Pay, { ...about, cardToken }, undefined, acceptedAt);
    if (isKnown) await this.check(about, acceptedAt);
    return this.rpc.requestOrPending(RefuseCard, about);
  }

  /**
   * Payments opens a payable while inventory reserves the stock, so orders is asked too whether it is time to pay.
   * @throws ProblemError payments does not take a payment of this order now, or its stock is not held yet
   */
  private async check(about: About, acceptedAt: string | undefined): Promise<void> {
    const withinMs = Math.min(TIMEOUT_MS, this.config.REPLY_TIMEOUT_MS);
    const payable = await this.rpc.requestOrPending(GetPayable, about, withinMs, acceptedAt).catch(unlessUnanswered);
    if (!payable || payable === PENDING || payable.status !== 'open') return;
    const order = await this.rpc.requestOrPending(GetOrder, about, withinMs).catch(() => undefined);
    if (order && order !== PENDING && order.status === 'pending') throw notNow(order.status);
  }

  /** Undefined: unknown card number. Payments counts it before the caller gets the response. */
  private exchanged(card: string): Promise<string | undefined> {
    return this.cards.exchange(card).catch((error: unknown) => {
      if (error instanceof ProblemError && error.problem.status === 422) return undefined;
      throw error;
    });
  }

  /** Payments has records of payable orders only; orders decides whether the order exists. */
  private async explain(error: unknown, orderId: string, me: Caller): Promise<never> {
    if (!(error instanceof ProblemError) || error.problem.status !== 404) throw error;
    const { status } = await this.rpc.request(GetOrder, { orderId, userId: me.id });
    throw notNow(status);
  }
}

const notNow = (status: OrderStatus): ProblemError =>
  ProblemError.of(409, 'Not payable now', `The order is ${status}.`);

/** Ignores errors of a payments service or database that is down: the payment waits for it. */
function unlessUnanswered(error: unknown): void {
  if (!(error instanceof ProblemError) || error.problem.status < 500) throw error;
}
