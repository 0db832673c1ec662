import { Inject, Injectable } from '@nestjs/common';
import type { CapturePayment, Message, RefundPayment, Reply } from '@sluice/contracts';
import { DELEGATED, PermanentError } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { outcomeKeys, recordOutcome, resultOf } from './capture.js';
import { keyOf, refundKeyOf } from './charge.js';
import { CARD_GATEWAY, type CardGateway, type CardOutcome } from './card-gateway.js';
import { chargeKeys, payableKeys } from './payable.js';
import { PayableQueries } from './payable.queries.js';
import { PayableRepository } from './payable.repository.js';
import { refund, refundable, refundRefused } from './refund.js';
import type { Charge, PendingCapture } from './tables.js';

/** Calls the card gateway, between the commit of the intent and the commit of the gateway's reply. */
@Injectable()
export class CardGatewayCalls {
  constructor(
    private readonly payables: PayableRepository,
    private readonly queries: PayableQueries,
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
    const stored = await this.queries.chargeFor(message);
    const charge =
      stored.capture.status === 'pending' ? await this.#take(message, stored.payable.userId, stored.capture) : stored;
    if (message.reply && charge) return resultOf(charge);
  }

  async #take(
    message: Message<typeof CapturePayment>,
    userId: string,
    capture: PendingCapture,
  ): Promise<Charge | undefined> {
    const { cardToken: token, amount, currency } = capture;
    const charge = { token, amount: { amount, currency }, idempotencyKey: keyOf(capture) };
    const outcome = await this.gateway.capture(charge);
    return this.#record(message, userId, outcome);
  }

  /** The capture with its outcome; undefined when nothing waits for it. @param userId the payer */
  async #record(
    message: Message<typeof CapturePayment>,
    userId: string,
    outcome: CardOutcome,
  ): Promise<Charge | undefined> {
    const charge = await this.payables.change(message, outcomeKeys(message.data, userId, outcome), (state, now) =>
      recordOutcome(state, message.data, outcome, now),
    );
    return charge === DELEGATED ? undefined : charge;
  }

  /**
   * Refunds the money once, however often the message is delivered. Until the gateway has confirmed, the payable
   * stays `refunding` and the refund is requested again with the same key, unless the gateway has refused for good.
   *
   * @throws UnavailableError no reply from the gateway; PermanentError the money is not to be refunded, or the
   * gateway refuses for good
   */
  async refund(message: Message<typeof RefundPayment>): Promise<void> {
    const charge = refundable(await this.queries.chargeFor(message));
    if (!charge) return;
    const { gatewayReference: reference, amount, currency } = charge.capture;
    const receipt = await this.gateway
      .refund({ reference, amount: { amount, currency }, idempotencyKey: refundKeyOf(keyOf(charge.capture)) })
      .catch((error: unknown) => this.#refused(message, error));
    await this.payables.change(message, chargeKeys(message.data), (state, now) =>
      refund(state, message.data, receipt, now),
    );
  }

  /** Under another message id: the message itself is not done, and may be redriven. */
  async #refused(message: Message<typeof RefundPayment>, error: unknown): Promise<never> {
    if (error instanceof PermanentError)
      await this.payables.change({ ...message, id: newId() }, payableKeys(message.data), (state) =>
        refundRefused(state, message.data, error.message),
      );
    throw error;
  }
}
