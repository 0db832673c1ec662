import { Controller, Inject } from '@nestjs/common';
import {
  CapturePayment,
  ClosePayable,
  ExtendPayable,
  GetPayable,
  type Message,
  OrderCancelled,
  OrderPlaced,
  OrderPriced,
  OrderRejected,
  Pay,
  RefundPayment,
  RefuseCard,
} from '@sluice/contracts';
import { decisionTime, On } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import { cancelPayable } from './cancellation.js';
import { failureKeys, refuseCard } from './card-failure.js';
import { CardGatewayCalls } from './card-gateway.calls.js';
import type { PaymentsConfig } from './config.js';
import { openPayable, payableKeys, payableNow, payKeys, payWithinLimits, type Instants } from './payable.js';
import { PayableQueries } from './payable.queries.js';
import { PayableRepository } from './payable.repository.js';
import { closePayable, extendWindow } from './payment-window.js';

/** Concurrent calls to the card gateway: enough for replies that take seconds, few enough not to be refused. */
const CONCURRENT_CALLS = 32;

@Controller()
export class PaymentsListener {
  constructor(
    private readonly payables: PayableRepository,
    private readonly queries: PayableQueries,
    private readonly gateway: CardGatewayCalls,
    @Inject(CONFIG) private readonly config: PaymentsConfig,
  ) {}

  @On(OrderPlaced)
  orderPlaced(message: Message<typeof OrderPlaced>) {
    return this.#open(message);
  }

  @On(OrderPriced)
  orderPriced(message: Message<typeof OrderPriced>) {
    return this.#open(message);
  }

  @On(OrderRejected)
  orderRejected(message: Message<typeof OrderRejected>) {
    return this.#end(message);
  }

  @On(OrderCancelled)
  orderCancelled(message: Message<typeof OrderCancelled>) {
    return this.#end(message);
  }

  @On(GetPayable)
  async getPayable(message: Message<typeof GetPayable>) {
    const { state, now } = await this.queries.state(message.data);
    return payableNow(state, message.data, this.config, instantsOf(message, now));
  }

  @On(RefuseCard)
  refuseCard(message: Message<typeof RefuseCard>) {
    return this.payables.change(message, failureKeys(message.data), (state, now) =>
      refuseCard(state, message.data, this.config, now),
    );
  }

  @On(Pay)
  pay(message: Message<typeof Pay>) {
    return this.payables.change(message, payKeys(message), (state, now) =>
      payWithinLimits(state, message.data, message.id, this.config, instantsOf(message, now)),
    );
  }

  @On(ClosePayable)
  closePayable(message: Message<typeof ClosePayable>) {
    return this.payables.change(message, payableKeys(message.data), (state, now) =>
      closePayable(state, message.data, now),
    );
  }

  @On(ExtendPayable)
  extendPayable(message: Message<typeof ExtendPayable>) {
    return this.payables.change(message, payableKeys(message.data), (state) => extendWindow(state, message.data));
  }

  @On(CapturePayment, { queue: 'captures', prefetch: CONCURRENT_CALLS, outside: true })
  capturePayment(message: Message<typeof CapturePayment>) {
    return this.gateway.capture(message);
  }

  @On(RefundPayment, { queue: 'captures', prefetch: CONCURRENT_CALLS, outside: true })
  refundPayment(message: Message<typeof RefundPayment>) {
    return this.gateway.refund(message);
  }

  #open(message: Message<typeof OrderPlaced | typeof OrderPriced>) {
    return this.payables.change(message, payableKeys(message.data), (state, now) =>
      openPayable(state, message.data, now),
    );
  }

  #end(message: Message<typeof OrderCancelled | typeof OrderRejected>) {
    return this.payables.change(message, payableKeys(message.data), (state, now) =>
      cancelPayable(state, message.data, now),
    );
  }
}

const instantsOf = (message: Message, now: Date): Instants => ({ at: decisionTime(message, now), now });
