import { Controller, Logger } from '@nestjs/common';
import { event, Id, type Message } from '@sluice/contracts';
import { On } from '@sluice/messaging';
import { z } from 'zod';

/** Any fact about an order; of its data this listener knows the one field that all of them carry. */
const OrderFact = event('order.*', z.looseObject({ orderId: Id }));

/** A new consumer of existing facts: its own queue, no change in any other service. */
@Controller()
export class OrderLogListener {
  private readonly logger = new Logger('order-log');

  @On(OrderFact)
  async orderFact({ type, data }: Message<typeof OrderFact>): Promise<void> {
    this.logger.log(`${type} ${data.orderId}`);
  }
}
