import { Controller, Delete, HttpCode, Param, Put, Res } from '@nestjs/common';
import { GetProduct, Sku, UnwatchProduct, WatchProduct } from '@sluice/contracts';
import { Describe } from '@sluice/http-kit';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { PENDING, Rpc } from '../rpc.js';
import { Me, type Caller } from '../web/auth.js';

const ProductPath = z.object({ sku: Sku });
type ProductPath = z.output<typeof ProductPath>;

const PENDING_ANSWER = 'Accepted, and done when notifications is back';

/** A watch is refused for no product; while inventory does not answer, it is accepted without asking. */
@Controller('products/:sku/watch')
export class WatchesController {
  constructor(private readonly rpc: Rpc) {}

  @Put()
  @HttpCode(204)
  @Describe('Tell me each time this product is back after there was none', {
    202: PENDING_ANSWER,
    204: 'I watch it',
    404: 'No such product',
    409: 'I watch too many products',
  })
  async watch(
    @Me() me: Caller,
    @Param({ schema: ProductPath }) { sku }: ProductPath,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.rpc.requestOrPending(GetProduct, { sku });
    const answer = await this.rpc.requestOrPending(WatchProduct, { sku, userId: me.id });
    if (answer === PENDING) void reply.status(202);
  }

  @Delete()
  @HttpCode(204)
  @Describe('Tell me no more when this product is back', {
    202: PENDING_ANSWER,
    204: 'I do not watch it',
    404: 'No such product',
  })
  async unwatch(
    @Me() me: Caller,
    @Param({ schema: ProductPath }) { sku }: ProductPath,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.rpc.requestOrPending(GetProduct, { sku });
    const answer = await this.rpc.requestOrPending(UnwatchProduct, { sku, userId: me.id });
    if (answer === PENDING) void reply.status(202);
  }
}
