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
   * Takes the money once, however often the message comes. Until the gateway has answered, the payable stays `capturing`, and is
   * asked for again with the same key. A cancelled order waits for its capture too (`voiding`): money may have been taken before
   * the gateway fell silent.
   *
   * @throws UnavailableError no answer from the gateway; ProblemError 402 declined or 409 cancelled, thrown only after the outcome is
   *   recorded, and only to a caller: a redelivery then finds it and says the same
   */
  async capture(message: Message<typeof CapturePayment>): Promise<Reply<typeof CapturePayment> | void> {
    const known = await this.payments.charge(message.data);
    const charge =
      known.capture.status === 'pending' ? await this.#take(message, known.payable.userId, known.capture) : known;
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
