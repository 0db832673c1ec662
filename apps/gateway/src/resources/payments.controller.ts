import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import { GetOrder, Id, Pay, PaymentRequest, PaymentResult } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CardVault } from '../cards/card-vault.js';
import { Describe } from '../openapi/describe.js';
import { LATE, Rpc } from '../rpc.js';
import { Me, type Caller } from '../web/auth.js';

const OrderPath = z.object({ id: Id });
type OrderPath = z.output<typeof OrderPath>;
type PaymentResult = z.output<typeof PaymentResult>;

@Controller('orders/:id/payment')
export class PaymentsController {
  constructor(
    private readonly rpc: Rpc,
    private readonly cards: CardVault,
  ) {}

  @Post()
  @HttpCode(200)
  @Describe('Pay an order', { 200: PaymentResult, 202: PaymentResult, 402: 'The card was declined', 404: 'No such order of mine', 409: 'Not payable now' })
  async pay(@Me() me: Caller, @Param({ schema: OrderPath }) { id }: OrderPath, @Body({ schema: PaymentRequest }) { card }: z.output<typeof PaymentRequest>, @Res({ passthrough: true }) reply: FastifyReply): Promise<PaymentResult> {
    const acceptedAt = this.rpc.acceptedNow();
    const cardToken = await this.cards.exchange(card);
    const answer = await this.rpc.tell(Pay, { orderId: id, userId: me.id, cardToken }, undefined, acceptedAt).catch((error: unknown) => this.explain(error, id, me));
    if (answer !== LATE && answer.status === 'captured') return answer;
    void reply.status(202).header('location', `/orders/${id}`);
    return { status: 'pending' };
  }
  /** payments knows what can be paid, and of other orders nothing; whether there is such an order, orders says. */
  private async explain(error: unknown, orderId: string, me: Caller): Promise<never> {
    if (!(error instanceof ProblemError) || error.problem.status !== 404) throw error;
    const { status } = await this.rpc.ask(GetOrder, { orderId, userId: me.id });
    throw ProblemError.of(409, 'Not payable now', `The order is ${status}.`);
  }
}
