import { Controller } from '@nestjs/common';
import { CapturePayment, type Message, OrderPriced, Pay } from '@sluice/contracts';
import { On } from '@sluice/messaging';
import { Capturing } from './capturing.js';
import { PaymentsRepository } from './payments.repository.js';

/** Calls to the card gateway at a time: enough for its seconds of thinking, few enough not to be refused. */
const CONCURRENT_CAPTURES = 32;

@Controller()
export class PaymentsListener {
  constructor(
    private readonly payments: PaymentsRepository,
    private readonly capturing: Capturing,
  ) {}

  @On(OrderPriced)
  orderPriced(message: Message<typeof OrderPriced>) {
    return this.payments.open(message);
  }

  @On(Pay)
  pay(message: Message<typeof Pay>) {
    return this.payments.pay(message);
  }

  @On(CapturePayment, { queue: 'captures', prefetch: CONCURRENT_CAPTURES })
  capturePayment(message: Message<typeof CapturePayment>) {
    return this.capturing.capture(message);
  }
}
