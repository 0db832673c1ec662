import { Controller, Logger } from '@nestjs/common';
import { event, Id, type Message } from '@sluice/contracts';
import { On } from '@sluice/messaging';
import { z } from 'zod';

/** Any event about an order; this listener reads only the field that all of them contain. */
const OrderFact = event('order.*', z.looseObject({ orderId: Id }));

/** A new consumer of existing events: it has its own queue, and no other service changes. */
@Controller()
export class OrderLogListener {
  private readonly logger = new Logger('order-log');

  @On(OrderFact)
  async orderFact({ type, data }: Message<typeof OrderFact>): Promise<void> {
    this.logger.log(`${type} ${data.orderId}`);
  }
}
