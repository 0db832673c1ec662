import { Controller, Get, Query, Res } from '@nestjs/common';
import { Id } from '@sluice/contracts';
import { Describe } from '@sluice/http-kit';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Me, Roles, type Caller } from '../web/auth.js';
import { Streams } from '../web/streams.js';
import { Facts, SeenFacts } from './facts.js';
import { Machine } from './machine.js';
import { Snapshot } from './snapshot.js';

const TOO_MANY = 'Too many streams of mine are open';

/** `pattern`: a topic pattern over types, such as `order.*`. */
const Wanted = z.object({
  pattern: z
    .string()
    .max(100)
    .regex(/^[\w*#-]+(\.[\w*#-]+)*$/)
    .optional(),
  correlationId: z.string().min(1).max(128).optional(),
  orderId: Id.optional(),
});
type Wanted = z.output<typeof Wanted>;

@Controller('ops')
export class MachineController {
  constructor(
    private readonly streams: Streams,
    private readonly machine: Machine,
    private readonly facts: Facts,
  ) {}

  @Roles('admin')
  @Get('stream')
  @Describe('Watch the system: an event `snapshot` a second, of services, queues, rates and invariants', {
    200: { eachIs: Snapshot },
    429: TOO_MANY,
  })
  watch(@Me() me: Caller, @Res() reply: FastifyReply): void {
    const stream = this.streams.admit(me.id, reply);
    stream.open();
    const unsubscribe = this.machine.subscribe((data) => void stream.send({ event: 'snapshot', data }));
    void stream.closed.then(unsubscribe);
  }

  @Roles('admin')
  @Get('facts')
  @Describe('Hear facts as they are said: events `facts`, first the last ones', {
    200: { eachIs: SeenFacts },
    429: TOO_MANY,
  })
  hear(@Me() me: Caller, @Query({ schema: Wanted }) wanted: Wanted, @Res() reply: FastifyReply): void {
    const stream = this.streams.admit(me.id, reply);
    stream.open();
    void this.facts.tell(stream, wanted);
  }
}
