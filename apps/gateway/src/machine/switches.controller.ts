import { Body, Controller, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { Describe } from '@sluice/http-kit';
import { ProblemError } from '@sluice/messaging';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Roles } from '../web/auth.js';
import { SUPERVISOR, SwitchStates, type SupervisorChannel } from './supervisor-channel.js';

const SwitchPath = z.object({
  service: z.string().max(100),
  turn: z.enum(['stop', 'start', 'freeze', 'crash', 'connect', 'delay', 'cut']),
});
type SwitchPath = z.output<typeof SwitchPath>;

const BrokerPath = z.object({ turn: z.enum(['stop', 'start', 'crash']) });
type BrokerPath = z.output<typeof BrokerPath>;

const ProviderPath = z.object({
  provider: z.string().max(100),
  condition: z.enum(['well', 'slow', 'failing', 'refusing']),
});
type ProviderPath = z.output<typeof ProviderPath>;

const BurstPath = z.object({ of: z.enum(['orders', 'claims']) });
type BurstPath = z.output<typeof BurstPath>;
const Burst = z.strictObject({ count: z.int().min(1).max(500) });
type Burst = z.output<typeof Burst>;

const NONE = 'There are no switches: they exist under npm start, in development, and from that machine only';
const ANSWERS = { 200: SwitchStates, 404: NONE };
const LOOPBACK = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/;

/**
 * Breaks and mends what `npm start` runs, to see what then happens: services and their networks, the broker, fakes of
 * providers; and sends many orders at once. Never in production.
 */
@Controller('ops')
export class SwitchesController {
  constructor(@Inject(SUPERVISOR) private readonly supervisor: SupervisorChannel | undefined) {}

  @Roles('admin')
  @Get('switches')
  @Describe('See what can be switched, in development', ANSWERS)
  states(@Req() request: FastifyRequest): Promise<SwitchStates> {
    return this.#ask(request, {});
  }

  @Roles('admin')
  @Post('switches/:service/:turn')
  @HttpCode(200)
  @Describe(
    'Stop, start, freeze or crash a service, or cut, delay or connect it to the broker, in development',
    ANSWERS,
  )
  turn(@Param({ schema: SwitchPath }) path: SwitchPath, @Req() request: FastifyRequest): Promise<SwitchStates> {
    return this.#ask(request, path);
  }

  @Roles('admin')
  @Post('broker/:turn')
  @HttpCode(200)
  @Describe('Kill the broker, to be started again at once (crash) or later (stop, start), in development', ANSWERS)
  turnBroker(
    @Param({ schema: BrokerPath }) { turn }: BrokerPath,
    @Req() request: FastifyRequest,
  ): Promise<SwitchStates> {
    return this.#ask(request, { broker: turn });
  }

  @Roles('admin')
  @Post('providers/:provider/:condition')
  @HttpCode(200)
  @Describe('Make the fake of a provider slow, fail or refuse, in development', ANSWERS)
  turnProvider(
    @Param({ schema: ProviderPath }) path: ProviderPath,
    @Req() request: FastifyRequest,
  ): Promise<SwitchStates> {
    return this.#ask(request, path);
  }

  @Roles('admin')
  @Post('bursts/:of')
  @HttpCode(200)
  @Describe('Let many people order, or claim a piece of the open sale, for a minute at most, in development', ANSWERS)
  burst(
    @Param({ schema: BurstPath }) { of }: BurstPath,
    @Body({ schema: Burst }) { count }: Burst,
    @Req() request: FastifyRequest,
  ): Promise<SwitchStates> {
    return this.#ask(request, { burst: of, count });
  }

  async #ask(request: FastifyRequest, wanted: object): Promise<SwitchStates> {
    if (!this.supervisor || !isFromHere(request)) throw ProblemError.of(404, NONE);
    const answer = await this.supervisor.ask(wanted);
    if ('refused' in answer) throw ProblemError.of(404, 'Not found', answer.refused);
    return answer;
  }
}

/** By the address of the connection, which nobody can write; what a proxy passes on is not from here. */
const isFromHere = ({ raw, headers }: FastifyRequest): boolean =>
  LOOPBACK.test(raw.socket.remoteAddress ?? '') && !('x-forwarded-for' in headers) && !('forwarded' in headers);
