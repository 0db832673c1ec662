import { Controller, Get, Param, Res } from '@nestjs/common';
import { Id } from '@sluice/contracts';
import { Describe, LastEventId, LastEventIdHeader } from '@sluice/http-kit';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Me, type Caller } from '../web/auth.js';
import { OrderEvent } from './order-events.js';
import { OrderStreams } from './order-streams.js';

const OrderPath = z.object({ id: Id });
type OrderPath = z.output<typeof OrderPath>;

const ANSWERS = {
  200: { eachIs: OrderEvent },
  204: 'The order has ended, and nothing came after the given event',
  400: 'Last-Event-ID is none of this stream',
  404: 'No such order of mine',
  429: 'Too many streams of mine are open',
};

@Controller('orders/:id/stream')
export class OrderStreamController {
  constructor(private readonly streams: OrderStreams) {}

  @Get()
  @Describe('Follow an order: an event `order` for each change, until it has ended', ANSWERS, LastEventIdHeader)
  follow(
    @Me() me: Caller,
    @Param({ schema: OrderPath }) { id }: OrderPath,
    @LastEventId() lastEventId: number,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.streams.open(me, id, lastEventId, reply);
  }
}
