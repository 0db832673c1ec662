import { Controller, Get, Param, Res } from '@nestjs/common';
import { Id } from '@sluice/contracts';
import { Describe, LastEventId, LastEventIdHeader } from '@sluice/http-kit';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Public } from '../web/auth.js';
import { SaleStreams } from './sale-streams.js';
import { SaleView } from './sale-view.js';

const SalePath = z.object({ id: Id });
type SalePath = z.output<typeof SalePath>;

const ANSWERS = {
  200: { eachIs: SaleView },
  204: 'The sale is closed, as the given event says',
  400: 'Last-Event-ID is none of this stream',
  404: 'No such sale',
  429: 'Too many streams of mine, or of my address, are open',
};

@Controller('flash-sales/:id/stream')
export class SaleStreamController {
  constructor(private readonly streams: SaleStreams) {}

  @Public()
  @Get()
  @Describe(
    'Watch a sale: an event `sale` with the sale as it is, one when it opens, sells out, reopens or closes, and at most ' +
      'one a second while pieces are sold; it ends when the sale is closed',
    ANSWERS,
    LastEventIdHeader,
  )
  watch(
    @Param({ schema: SalePath }) { id }: SalePath,
    @LastEventId() lastEventId: number,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.streams.open(id, lastEventId, reply);
  }
}
