import { Controller, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { Describe } from '@sluice/http-kit';
import { ProblemError } from '@sluice/messaging';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Roles } from '../web/auth.js';
import { SUPERVISOR, SwitchStates, type SupervisorChannel } from './supervisor-channel.js';

const SwitchPath = z.object({
  service: z.string().max(100),
  turn: z.enum(['stop', 'start', 'freeze', 'crash']),
});
type SwitchPath = z.output<typeof SwitchPath>;

const NONE = 'There are no switches: they exist under npm start, in development, and from that machine only';
const LOOPBACK = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/;

/** Stops, starts, freezes and crashes services of `npm start`, to see what then happens. Never in production. */
@Controller('ops/switches')
export class SwitchesController {
  constructor(@Inject(SUPERVISOR) private readonly supervisor: SupervisorChannel | undefined) {}

  @Roles('admin')
  @Get()
  @Describe('See which services can be switched, in development', { 200: SwitchStates, 404: NONE })
  states(@Req() request: FastifyRequest): Promise<SwitchStates> {
    return this.#ask(request, {});
  }

  @Roles('admin')
  @Post(':service/:turn')
  @HttpCode(200)
  @Describe('Stop, start, freeze or crash a service, in development', { 200: SwitchStates, 404: NONE })
  turn(
    @Param({ schema: SwitchPath }) { service, turn }: SwitchPath,
    @Req() request: FastifyRequest,
  ): Promise<SwitchStates> {
    return this.#ask(request, { service, turn });
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
