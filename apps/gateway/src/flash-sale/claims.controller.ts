import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res, UseGuards } from '@nestjs/common';
import { Id, NewAddress } from '@sluice/contracts';
import { Describe, prefersHtml } from '@sluice/http-kit';
import { ProblemError } from '@sluice/messaging';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Me, type Caller } from '../web/auth.js';
import { BUSY_PAGE } from './busy.controller.js';
import { ClaimIntake, FULL, SaleOpenGuard, type QueuedClaim } from './claim-intake.js';
import { Claims, ClaimView } from './claims.js';
import { EntryHint, hintOf, QueuePosition } from './queue-position.js';
import { Ticket, Tickets } from './tickets.js';

const SalePath = z.object({ id: Id });
type SalePath = z.output<typeof SalePath>;
const Claim = z.strictObject({ address: NewAddress });
const Waiting = z.object({ ticket: Ticket, status: z.literal('waiting'), ...QueuePosition.shape });
type Waiting = z.output<typeof Waiting>;
export const TicketPath = z.object({ ...SalePath.shape, ticket: Ticket });
export type TicketPath = z.output<typeof TicketPath>;
/** Query of the URL that the claim's response returned. */
export const TicketQuery = z.object({ entry: EntryHint.optional() });
export type TicketQuery = z.output<typeof TicketQuery>;

/** Retry-After is random, so that clients refused together do not return together. Seconds. */
const [COME_BACK_AFTER, COME_BACK_SPREAD] = [1, 3];

const ANSWERS = {
  202: Waiting,
  303: 'A browser (Accept: text/html) is sent to a page that says so, where others are answered 429',
  404: 'No such sale',
  410: 'Sold out, or closed',
  425: 'Not open yet',
  429: 'The line is full: come again after Retry-After seconds',
  503: 'It is not known whether the claim is in line; asking again gives the same ticket',
};

@Controller('flash-sales/:id/claims')
export class ClaimsController {
  constructor(
    private readonly intake: ClaimIntake,
    private readonly tickets: Tickets,
    private readonly claims: Claims,
  ) {}

  @Post()
  @UseGuards(SaleOpenGuard)
  @HttpCode(202)
  @Describe('Claim a piece: one for each user', ANSWERS)
  async claim(
    @Me() me: Caller,
    @Param({ schema: SalePath }) { id }: SalePath,
    @Body({ schema: Claim }) { address }: z.output<typeof Claim>,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Waiting | undefined> {
    const admitted = await this.intake.offer(me.id, id, address);
    if (admitted === FULL) return refuse(reply, accept);
    const { ticket, position } = admitted;
    void reply.header('location', locationOf(id, admitted));
    return { ticket, status: 'waiting', ...position };
  }

  @Get(':ticket')
  @Describe('See what became of a claim, and while it waits, the place in line', {
    200: ClaimView,
    404: 'No such ticket of mine',
  })
  see(
    @Me() me: Caller,
    @Param({ schema: TicketPath }) { id, ticket }: TicketPath,
    @Query({ schema: TicketQuery }) { entry }: TicketQuery,
  ): Promise<ClaimView> {
    return this.claims.view(this.tickets.verify(ticket, id, me.id), entry);
  }
}

const locationOf = (saleId: string, { ticket, entry }: QueuedClaim): string =>
  `/flash-sales/${saleId}/claims/${ticket}${entry ? `?entry=${hintOf(entry)}` : ''}`;

/** @throws ProblemError 429 unless the client is a browser */
function refuse(reply: FastifyReply, accept: string | undefined): undefined {
  if (prefersHtml(accept)) return void reply.status(303).header('location', BUSY_PAGE);
  void reply.header('retry-after', String(COME_BACK_AFTER + Math.floor(Math.random() * COME_BACK_SPREAD)));
  throw ProblemError.of(429, 'Too Many Requests', 'The line is as long as it may be. Please come again.');
}
