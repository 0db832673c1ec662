import { Controller, Get } from '@nestjs/common';
import { Describe, Draining } from '@sluice/http-kit';
import { ProblemError, Publisher } from '@sluice/messaging';
import { z } from 'zod';
import { Public } from '../web/auth.js';

const Alive = z.object({ status: z.literal('alive') });
const Ready = z.object({ status: z.literal('ready') });

@Controller()
export class HealthController {
  constructor(
    private readonly publisher: Publisher,
    private readonly draining: Draining,
  ) {}

  @Public()
  @Get('healthz')
  @Describe('The process is alive', { 200: Alive })
  alive(): z.output<typeof Alive> {
    return { status: 'alive' };
  }

  @Public()
  @Get('readyz')
  @Describe('Requests can be taken', { 200: Ready, 503: 'What is missing' })
  ready(): z.output<typeof Ready> {
    if (this.draining.isDraining) throw ProblemError.of(503, 'Not ready', 'This gateway is about to stop.');
    if (!this.publisher.ready)
      throw ProblemError.of(503, 'Not ready', 'The broker is not connected.', { missing: ['broker'] });
    return { status: 'ready' };
  }
}
