import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import { Id, Pay, PaymentRequest, PaymentResult } from '@sluice/contracts';
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
    const cardToken = await this.cards.exchange(card);
    const answer = await this.rpc.tell(Pay, { orderId: id, userId: me.id, cardToken });
    if (answer !== LATE && answer.status === 'captured') return answer;
    void reply.status(202).header('location', `/orders/${id}`);
    return { status: 'pending' };
  }
}
