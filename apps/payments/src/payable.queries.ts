import { Injectable } from '@nestjs/common';
import type { CapturePayment, Data, GetPayable, Message, RefundPayment } from '@sluice/contracts';
import { databaseTime, Lookups } from '@sluice/persistence';
import { Pool } from 'pg';
import { tables, type Charge, type State } from './tables.js';

/** Reads payables and their captures as they are at this moment. */
@Injectable()
export class PayableQueries {
  readonly #payers: Lookups<[typeof tables.payables, typeof tables.failures]>;
  readonly #charges: Lookups<[typeof tables.payables, typeof tables.captures]>;

  constructor(private readonly pool: Pool) {
    this.#payers = new Lookups(pool, tables.payables, tables.failures);
    this.#charges = new Lookups(pool, tables.payables, tables.captures);
  }

  /** The rows that decide whether an order can be paid, as far as that does not depend on the card. */
  async state({ orderId, userId }: Data<typeof GetPayable>): Promise<{ state: State; now: Date }> {
    const [[payable, failures], now] = await Promise.all([this.#payers.read(orderId, userId), databaseTime(this.pool)]);
    return { state: { payables: { [orderId]: payable }, captures: {}, failures: { [userId]: failures } }, now };
  }

  /**
   * Reads the payable first, so that a refund in between shows in the capture. @throws Error when there is no such
   * capture
   */
  async chargeFor(message: Message<typeof CapturePayment> | Message<typeof RefundPayment>): Promise<Charge> {
    const { orderId, captureId } = message.data;
    const [payable, capture] = await this.#charges.readFor(message, orderId, captureId);
    if (!payable || payable.status === 'unopened' || !capture)
      throw new Error(`there is no capture ${captureId} of the order ${orderId}`);
    return { payable, capture };
  }
}
