import { Inject, Injectable } from '@nestjs/common';
import type { CapturePayment, Message, Reply } from '@sluice/contracts';
import { resultOf } from './capture.js';
import { CARD_GATEWAY, type CardGateway } from './card-gateway.js';
import { PaymentsRepository } from './payments.repository.js';
import type { Charge, PendingCapture } from './tables.js';

/** Calls the card gateway, between the commit of the intent and the commit of its outcome. */
@Injectable()
export class Capturing {
  constructor(
    private readonly payments: PaymentsRepository,
    @Inject(CARD_GATEWAY) private readonly gateway: CardGateway,
  ) {}

  /**
   * Captures the money once, however often the message is delivered. Until the gateway has replied, the payable stays
   * `capturing` and the capture is requested again with the same key. A cancelled order waits for its capture too
   * (`voiding`): the gateway may have taken the money without replying.
   *
   * @throws UnavailableError no reply from the gateway; ProblemError 402 declined or 409 cancelled, thrown only after
   * the outcome is recorded, and only to a caller: a redelivery then finds the outcome and throws the same
   */
  async capture(message: Message<typeof CapturePayment>): Promise<Reply<typeof CapturePayment> | void> {
    const stored = await this.payments.charge(message.data);
    const charge =
      stored.capture.status === 'pending' ? await this.#take(message, stored.payable.userId, stored.capture) : stored;
    if (message.reply && charge) return resultOf(charge);
  }

  async #take(
    message: Message<typeof CapturePayment>,
    userId: string,
    capture: PendingCapture,
  ): Promise<Charge | undefined> {
    const { id: idempotencyKey, cardToken: token, amount, currency } = capture;
    const outcome = await this.gateway.capture({ token, amount: { amount, currency }, idempotencyKey });
    return this.payments.recordOutcome(message, userId, outcome);
  }
}
