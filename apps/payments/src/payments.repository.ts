import { Inject, Injectable } from '@nestjs/common';
import type {
  CapturePayment,
  ClosePayable,
  Data,
  ExtendPayable,
  GetPayable,
  Message,
  OrderCancelled,
  OrderPriced,
  Pay,
  RefundPayment,
  RefuseCard,
} from '@sluice/contracts';
import { DELEGATED, decisionTime } from '@sluice/messaging';
import { databaseTime, newId, type UnitOfWork } from '@sluice/persistence';
import { CONFIG, UnitsOfWork } from '@sluice/service-kit';
import { Pool } from 'pg';
import { resendCapture, resendRefund, type Resend } from './resending.js';
import { cancelPayable } from './cancellation.js';
import { recordOutcome } from './capture.js';
import type { CardOutcome, RefundReceipt } from './card-gateway.js';
import { expectFewFailures, refuseCard } from './card-failures.js';
import type { PaymentsConfig } from './config.js';
import { PrismaClient } from './generated/prisma/client.js';
import { openPayable, pay, payableNow } from './payable.js';
import { refund, refundRefused } from './refund.js';
import { type CardFailures, type Charge, type Payable, tables } from './tables.js';
import { closePayable, extendWindow } from './window.js';

/** Maps each message to the rows it concerns, and to the rule that decides on them. */
@Injectable()
export class PaymentsRepository {
  readonly #unit: UnitOfWork<typeof tables>;

  constructor(
    units: UnitsOfWork,
    private readonly pool: Pool,
    @Inject(PrismaClient) private readonly prisma: PrismaClient,
    @Inject(CONFIG) private readonly config: PaymentsConfig,
  ) {
    this.#unit = units.over({ tables });
  }

  async open(message: Message<typeof OrderPriced>): Promise<void> {
    await this.#unit.change(message, { payables: [message.data.orderId] }, (state, now) =>
      openPayable(state, message.data, now),
    );
  }

  pay(message: Message<typeof Pay>) {
    const { orderId, userId } = message.data;
    const keys = { payables: [orderId], captures: [message.id], failures: [userId] };
    return this.#unit.change(message, keys, (state, now) => {
      expectFewFailures(state, message.data, message.id, this.config, now);
      return pay(state, message.data, message.id, { at: decisionTime(message, now), now });
    });
  }

  refuseCard(message: Message<typeof RefuseCard>) {
    const { data } = message;
    return this.#unit.change(message, { failures: [data.userId] }, (state, now) =>
      refuseCard(state, data, this.config, now),
    );
  }

  /**
   * The reply that a payment would get now, as far as it does not depend on the card. @throws ProblemError 404, 409,
   * 429
   */
  async payable(message: Message<typeof GetPayable>) {
    const { orderId, userId } = message.data;
    const [row, failed, now] = await Promise.all([
      this.prisma.payable.findFirst({ where: { orderId, version: { gt: 0 } } }),
      this.prisma.cardFailures.findFirst({ where: { userId, version: { gt: 0 } } }),
      databaseTime(this.pool),
    ]);
    const payables = row ? { [orderId]: { ...row, amount: cents(row.amount) } as Payable } : {};
    const failures = failed ? { [userId]: failed as unknown as CardFailures } : {};
    return payableNow({ payables, captures: {}, failures }, message.data, this.config, {
      at: decisionTime(message, now),
      now,
    });
  }

  async close(message: Message<typeof ClosePayable>): Promise<void> {
    await this.#unit.change(message, { payables: [message.data.orderId] }, (state, now) =>
      closePayable(state, message.data, now),
    );
  }

  async extend(message: Message<typeof ExtendPayable>): Promise<void> {
    await this.#unit.change(message, { payables: [message.data.orderId] }, (state) =>
      extendWindow(state, message.data),
    );
  }

  async cancel(message: Message<typeof OrderCancelled>): Promise<void> {
    await this.#unit.change(message, { payables: [message.data.orderId] }, (state, now) =>
      cancelPayable(state, message.data, now),
    );
  }

  /**
   * Reads the payable first, so that a refund in between shows in the capture. @throws Error when there is no such
   * capture
   */
  async charge({ orderId, captureId }: Data<typeof CapturePayment>): Promise<Charge> {
    const payable = await this.prisma.payable.findUniqueOrThrow({ where: { orderId } });
    const capture = await this.prisma.capture.findUniqueOrThrow({ where: { id: captureId } });
    return {
      payable: { ...payable, amount: cents(payable.amount) },
      capture: { ...capture, amount: cents(capture.amount) },
    } as Charge;
  }

  /** The capture with its outcome; undefined when nothing waits for it. @param userId the payer */
  async recordOutcome(
    message: Message<typeof CapturePayment>,
    userId: string,
    outcome: CardOutcome,
  ): Promise<Charge | undefined> {
    const { orderId, captureId } = message.data;
    const charge = await this.#unit.change(
      message,
      { payables: [orderId], captures: [captureId], failures: [userId] },
      (state, now) => recordOutcome(state, message.data, outcome, now),
    );
    return charge === DELEGATED ? undefined : charge;
  }

  async refund(message: Message<typeof RefundPayment>, receipt: RefundReceipt): Promise<void> {
    const { orderId, captureId } = message.data;
    await this.#unit.change(message, { payables: [orderId], captures: [captureId] }, (state, now) =>
      refund(state, message.data, receipt, now),
    );
  }

  /** Under another message id: the message itself is not done, and may be redriven. */
  async refundRefused(message: Message<typeof RefundPayment>, reason: string): Promise<void> {
    await this.#unit.change({ ...message, id: newId() }, { payables: [message.data.orderId] }, (state) =>
      refundRefused(state, message.data, reason),
    );
  }

  async resendCapture(message: Message, resend: Resend): Promise<void> {
    await this.#unit.change(message, { payables: [resend.orderId] }, (state, now) => resendCapture(state, resend, now));
  }

  async resendRefund(message: Message, resend: Resend): Promise<void> {
    await this.#unit.change(message, { payables: [resend.orderId] }, (state, now) => resendRefund(state, resend, now));
  }
}

const cents = (amount: bigint | null): number | null => (amount === null ? null : Number(amount));
