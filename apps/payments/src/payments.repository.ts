import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import type { CapturePayment, Message, OrderPriced, Pay } from '@sluice/contracts';
import { DELEGATED } from '@sluice/messaging';
import type { UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { Pool } from 'pg';
import { settle } from './capture.js';
import type { CardOutcome } from './card-gateway.js';
import { PrismaClient } from './generated/prisma/client.js';
import { openPayable, pay } from './payable.js';
import { type Capture, tables } from './tables.js';

/** Which rows each message is about, and the rule that decides on them. */
@Injectable()
export class PaymentsRepository implements OnModuleDestroy {
  readonly #unit: UnitOfWork<typeof tables>;
  readonly #prisma: PrismaClient;

  constructor(units: UnitsOfWork, pool: Pool) {
    this.#unit = units.over({ tables });
    this.#prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  }

  async onModuleDestroy(): Promise<void> {
    await this.#prisma.$disconnect();
  }

  async open(message: Message<typeof OrderPriced>): Promise<void> {
    await this.#unit.change(message, { payables: [message.data.orderId] }, (state) => openPayable(state, message.data));
  }

  pay(message: Message<typeof Pay>) {
    return this.#unit.change(message, { payables: [message.data.orderId], captures: [message.id] }, (state, now) => pay(state, message.data, message.id, now));
  }

  /** @throws Error when there is no such capture */
  async capture(id: string): Promise<Capture> {
    const row = await this.#prisma.capture.findUniqueOrThrow({ where: { id } });
    return { ...row, amount: Number(row.amount) } as Capture;
  }

  /** The capture with its outcome, for whoever waits for it. */
  async settle(message: Message<typeof CapturePayment>, outcome: CardOutcome): Promise<Capture | undefined> {
    const { orderId, captureId } = message.data;
    const settled = await this.#unit.change(message, { payables: [orderId], captures: [captureId] }, (state, now) => settle(state, message.data, outcome, now));
    return settled === DELEGATED ? undefined : settled;
  }
}
