import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { GetPoints, Reply } from '@sluice/contracts';
import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { PrismaClient } from './generated/prisma/client.js';

/** Reads the points as their users see them. */
@Injectable()
export class PointsQueries implements OnModuleDestroy {
  readonly #prisma: PrismaClient;

  constructor(pool: Pool) {
    this.#prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  }

  async onModuleDestroy(): Promise<void> {
    await this.#prisma.$disconnect();
  }

  /** The user's balance; 0 for a user who has earned none. */
  async of(userId: string): Promise<Reply<typeof GetPoints>> {
    const balance = await this.#prisma.pointsBalance.findUnique({ where: { userId } });
    return { points: Number(balance?.points ?? 0) };
  }
}
