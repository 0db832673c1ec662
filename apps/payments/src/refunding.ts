import { Inject, Injectable } from '@nestjs/common';
import type { Message, RefundPayment } from '@sluice/contracts';
import { CARD_GATEWAY, type CardGateway } from './card-gateway.js';
import { PaymentsRepository } from './payments.repository.js';
import { refundable } from './refund.js';

/** Asks the card gateway to give money back, between the commit of the intent and the commit of its receipt. */
@Injectable()
export class Refunding {
  constructor(
    private readonly payments: PaymentsRepository,
    @Inject(CARD_GATEWAY) private readonly gateway: CardGateway,
  ) {}

  /**
   * Gives the money back once, however often the message comes. When the gateway stays silent through all retries the
   * message is a dead letter and the payable stays `refunding`: a redrive asks again with the same key.
   *
   * @throws Error no answer from the gateway, to be tried again; PermanentError the money is not to go back
   */
  async refund(message: Message<typeof RefundPayment>): Promise<void> {
    const charge = refundable(await this.payments.charge(message.data));
    if (!charge) return;
    const { id, gatewayReference: reference, amount, currency } = charge.capture;
    const receipt = await this.gateway.refund({ reference, amount: { amount, currency }, idempotencyKey: keyOf(id) });
    await this.payments.refund(message, receipt);
  }
}

/** Not the capture's own key: a gateway may keep one set of keys for all it does. */
const keyOf = (captureId: string): string => `${captureId}:refund`;
