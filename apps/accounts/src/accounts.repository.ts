import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Message, Role } from '@sluice/contracts';
import { collection, databaseTime } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import type { Account, Change } from './account.js';
import { PrismaClient } from './generated/prisma/client.js';

const accounts = collection<Account>({
  table: 'accounts',
  key: 'phone',
  columns: ['phone', 'id', 'name', 'passwordHash', 'role', 'verifiedAt', 'codeHash', 'codeExpiresAt', 'codeTries', 'version'],
});

/** Accounts by phone number: changes in units of work, plain reads by Prisma, over the same pool. */
@Injectable()
export class AccountsRepository implements OnApplicationShutdown {
  private readonly unit;
  private readonly prisma: PrismaClient;

  constructor(
    units: UnitsOfWork,
    private readonly pool: Pool,
  ) {
    this.unit = units.over({ tables: { accounts } });
    this.prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  }

  /** Two sign-ups with one number meet on its row, and only the first finds it free. */
  change<R>(message: Message, phone: string, decide: (account: Account | undefined, now: Date) => Change<R>) {
    return this.unit.change<R>(message, { accounts: [phone] }, (state, now) => {
      const { account, messages, reply } = decide(state.accounts[phone], now);
      return { ...(account && { state: { accounts: { [phone]: account } } }), ...(messages && { messages }), ...(reply !== undefined && { reply }) };
    });
  }

  /** A placeholder of version 0 is nobody's account. */
  async byPhone(phone: string): Promise<{ id: string; role: Role; passwordHash: string } | undefined> {
    const found = await this.prisma.account.findFirst({ where: { phone, version: { gt: 0 } }, select: { id: true, role: true, passwordHash: true } });
    return (found ?? undefined) as { id: string; role: Role; passwordHash: string } | undefined;
  }

  /** By the clock of the database, as rules have it. */
  now(): Promise<Date> {
    return databaseTime(this.pool);
  }

  /** An account keeps its phone number for ever, so this needs no lock. */
  async phoneOf(userId: string): Promise<string | undefined> {
    const found = await this.prisma.account.findUnique({ where: { id: userId }, select: { phone: true } });
    return found?.phone;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.prisma.$disconnect();
  }
}
