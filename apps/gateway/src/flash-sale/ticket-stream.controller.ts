import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { Describe, LastEventId, LastEventIdHeader } from '@sluice/http-kit';
import type { FastifyReply } from 'fastify';
import { Me, type Caller } from '../web/auth.js';
import { TicketPath, TicketQuery } from './claims.controller.js';
import { ClaimView } from './claims.js';
import { TicketStreams } from './ticket-streams.js';
import { Tickets } from './tickets.js';

const ANSWERS = {
  200: { eachIs: ClaimView },
  204: 'It has ended as the given event says',
  400: 'Last-Event-ID is none of this stream',
  404: 'No such ticket of mine',
  429: 'Too many streams of mine are open',
};

@Controller('flash-sales/:id/claims/:ticket/stream')
export class TicketStreamController {
  constructor(
    private readonly streams: TicketStreams,
    private readonly tickets: Tickets,
  ) {}

  @Get()
  @Describe(
    'Wait for what becomes of a claim: events `waiting` with the place in line, then `won`, `lost` or `expired`',
    ANSWERS,
    LastEventIdHeader,
  )
  async follow(
    @Me() me: Caller,
    @Param({ schema: TicketPath }) { id, ticket }: TicketPath,
    @Query({ schema: TicketQuery }) { entry }: TicketQuery,
    @LastEventId() lastEventId: number,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.streams.open(this.tickets.verify(ticket, id, me.id), entry, lastEventId, reply);
  }
}
