import { Inject, Injectable } from '@nestjs/common';
import type { CapturePayment, Data, GetPayable } from '@sluice/contracts';
import { databaseTime } from '@sluice/persistence';
import { Pool } from 'pg';
import { PrismaClient } from './generated/prisma/client.js';
import type { CardFailures, Charge, Payable, State } from './tables.js';

/** Reads payables and their captures as they are at this moment. */
@Injectable()
export class PayableQueries {
  constructor(
    private readonly pool: Pool,
    @Inject(PrismaClient) private readonly prisma: PrismaClient,
  ) {}

  /** The rows that decide whether an order can be paid, as far as that does not depend on the card. */
  async state({ orderId, userId }: Data<typeof GetPayable>): Promise<{ state: State; now: Date }> {
    const [row, failed, now] = await Promise.all([
      this.prisma.payable.findFirst({ where: { orderId, version: { gt: 0 } } }),
      this.prisma.cardFailures.findFirst({ where: { userId, version: { gt: 0 } } }),
      databaseTime(this.pool),
    ]);
    const payables = row ? { [orderId]: { ...row, amount: cents(row.amount) } as Payable } : {};
    const failures = failed ? { [userId]: failed as unknown as CardFailures } : {};
    return { state: { payables, captures: {}, failures }, now };
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
}

const cents = (amount: bigint | null): number | null => (amount === null ? null : Number(amount));
