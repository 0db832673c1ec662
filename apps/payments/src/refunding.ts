import { Inject, Injectable } from '@nestjs/common';
import type { Message, RefundPayment } from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import { CARD_GATEWAY, type CardGateway } from './card-gateway.js';
import { PaymentsRepository } from './payments.repository.js';
import { refundable } from './refund.js';

/** Requests refunds from the card gateway, between the commit of the intent and the commit of the receipt. */
@Injectable()
export class Refunding {
  constructor(
    private readonly payments: PaymentsRepository,
    @Inject(CARD_GATEWAY) private readonly gateway: CardGateway,
  ) {}

  /**
   * Refunds the money once, however often the message is delivered. Until the gateway has confirmed, the payable
   * stays `refunding` and the refund is requested again with the same key, unless the gateway has refused for good.
   *
   * @throws UnavailableError no reply from the gateway; PermanentError the money is not to be refunded, or the
   * gateway refuses for good
   */
  async refund(message: Message<typeof RefundPayment>): Promise<void> {
    const charge = refundable(await this.payments.charge(message.data));
    if (!charge) return;
    const { id, gatewayReference: reference, amount, currency } = charge.capture;
    const receipt = await this.gateway
      .refund({ reference, amount: { amount, currency }, idempotencyKey: keyOf(id) })
      .catch((error: unknown) => this.#refused(message, error));
    await this.payments.refund(message, receipt);
  }

  async #refused(message: Message<typeof RefundPayment>, error: unknown): Promise<never> {
    if (error instanceof PermanentError) await this.payments.refundRefused(message, error.message);
    throw error;
  }
}

/** Not the capture's own key: a gateway may keep one set of keys for all its operations. */
const keyOf = (captureId: string): string => `${captureId}:refund`;
