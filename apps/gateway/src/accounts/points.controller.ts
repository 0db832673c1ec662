import { Controller, Get } from '@nestjs/common';
import { GetPoints, Points, type Reply } from '@sluice/contracts';
import { Describe } from '@sluice/http-kit';
import { Rpc } from '../rpc.js';
import { Me, type Caller } from '../web/auth.js';

@Controller('me/points')
export class PointsController {
  constructor(private readonly rpc: Rpc) {}

  @Get()
  @Describe('My points', { 200: Points })
  get(@Me() me: Caller): Promise<Reply<typeof GetPoints>> {
    return this.rpc.request(GetPoints, { userId: me.id });
  }
}
