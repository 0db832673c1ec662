import { Controller, Get, Res } from '@nestjs/common';
import { Notification } from '@sluice/contracts';
import { Describe, LastEventId, LastEventIdHeader } from '@sluice/http-kit';
import type { FastifyReply } from 'fastify';
import { Me, type Caller } from '../web/auth.js';
import { InboxStreams } from './inbox-streams.js';

const ANSWERS = {
  200: { eachIs: Notification },
  400: 'Last-Event-ID is none of this stream',
  429: 'Too many streams of mine are open',
};

@Controller('me/stream')
export class InboxStreamController {
  constructor(private readonly streams: InboxStreams) {}

  @Get()
  @Describe(
    'Follow my inbox: an event `notification` for each entry; without Last-Event-ID the newest 20 come first',
    ANSWERS,
    LastEventIdHeader,
  )
  follow(@Me() me: Caller, @LastEventId() lastEventId: number, @Res() reply: FastifyReply): Promise<void> {
    return this.streams.open(me, lastEventId, reply);
  }
}
