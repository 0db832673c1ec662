import { Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CancelOrder, Id, Order } from '@sluice/contracts';
import { Describe } from '@sluice/http-kit';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Accepted, PENDING, Rpc } from '../rpc.js';
import { Me, type Caller } from '../web/auth.js';

const OrderPath = z.object({ id: Id });
type OrderPath = z.output<typeof OrderPath>;

@Controller('orders/:id/cancellation')
export class CancellationsController {
  constructor(private readonly rpc: Rpc) {}

  /** A paid order is not cancelled at once: its parcels are halted first, and its stream reports the outcome. */
  @Post()
  @HttpCode(200)
  @Describe('Cancel an order: at once before it is paid; after that if its parcels can be halted', {
    200: Order,
    202: z.union([Order, Accepted]),
    404: 'No such order of mine',
    409: 'Too late',
  })
  async cancel(
    @Me() me: Caller,
    @Param({ schema: OrderPath }) { id }: OrderPath,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Order | Accepted> {
    const answer = await this.rpc.requestOrPending(CancelOrder, { orderId: id, userId: me.id });
    if (answer !== PENDING && answer.status === 'cancelled') return answer;
    void reply.status(202).header('location', `/orders/${id}`);
    return answer === PENDING ? { id, status: 'accepted' } : answer;
  }
}
