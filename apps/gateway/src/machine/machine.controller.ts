import { Controller, Get, Res } from '@nestjs/common';
import { Describe } from '@sluice/http-kit';
import type { FastifyReply } from 'fastify';
import { Me, Roles, type Caller } from '../web/auth.js';
import { Streams } from '../web/streams.js';
import { Machine } from './machine.js';
import { Snapshot } from './snapshot.js';

const ANSWERS = { 200: { eachIs: Snapshot }, 429: 'Too many streams of mine are open' };

@Controller('ops/stream')
export class MachineController {
  constructor(
    private readonly streams: Streams,
    private readonly machine: Machine,
  ) {}

  @Roles('admin')
  @Get()
  @Describe('Watch the system: an event `snapshot` a second, of services, queues, rates and invariants', ANSWERS)
  watch(@Me() me: Caller, @Res() reply: FastifyReply): void {
    const stream = this.streams.admit(me.id, reply);
    stream.open();
    const unwatch = this.machine.watch((data) => void stream.send({ event: 'snapshot', data }));
    void stream.closed.then(unwatch);
  }
}
