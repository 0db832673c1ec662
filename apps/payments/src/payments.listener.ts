import { Controller } from '@nestjs/common';
import {
  CapturePayment,
  ClosePayable,
  ExtendPayable,
  GetPayable,
  type Message,
  OrderCancelled,
  OrderPriced,
  Pay,
  RefundPayment,
  RefuseCard,
} from '@sluice/contracts';
import { On } from '@sluice/messaging';
import { Capturing } from './capturing.js';
import { PaymentsRepository } from './payments.repository.js';
import { Refunding } from './refunding.js';

/** Concurrent calls to the card gateway: enough for replies that take seconds, few enough not to be refused. */
const CONCURRENT_CALLS = 32;

@Controller()
export class PaymentsListener {
  constructor(
    private readonly payments: PaymentsRepository,
    private readonly capturing: Capturing,
    private readonly refunding: Refunding,
  ) {}

  @On(OrderPriced)
  orderPriced(message: Message<typeof OrderPriced>) {
    return this.payments.open(message);
  }

  @On(OrderCancelled)
  orderCancelled(message: Message<typeof OrderCancelled>) {
    return this.payments.cancel(message);
  }

  @On(GetPayable)
  getPayable(message: Message<typeof GetPayable>) {
    return this.payments.payable(message);
  }

  @On(RefuseCard)
  refuseCard(message: Message<typeof RefuseCard>) {
    return this.payments.refuseCard(message);
  }

  @On(Pay)
  pay(message: Message<typeof Pay>) {
    return this.payments.pay(message);
  }

  @On(ClosePayable)
  closePayable(message: Message<typeof ClosePayable>) {
    return this.payments.close(message);
  }

  @On(ExtendPayable)
  extendPayable(message: Message<typeof ExtendPayable>) {
    return this.payments.extend(message);
  }

  @On(CapturePayment, { queue: 'captures', prefetch: CONCURRENT_CALLS, outside: true })
  capturePayment(message: Message<typeof CapturePayment>) {
    return this.capturing.capture(message);
  }

  @On(RefundPayment, { queue: 'captures', prefetch: CONCURRENT_CALLS, outside: true })
  refundPayment(message: Message<typeof RefundPayment>) {
    return this.refunding.refund(message);
  }
}
