import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { GetPoints, Reply } from '@sluice/contracts';
import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { PrismaClient } from './generated/prisma/client.js';

/** The points as their users see them. */
@Injectable()
export class PointsQueries implements OnModuleDestroy {
  readonly #prisma: PrismaClient;

  constructor(pool: Pool) {
    this.#prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  }

  async onModuleDestroy(): Promise<void> {
    await this.#prisma.$disconnect();
  }

  /** A user who has earned none has 0. */
  async of(userId: string): Promise<Reply<typeof GetPoints>> {
    const balance = await this.#prisma.pointsBalance.findUnique({ where: { userId } });
    return { points: Number(balance?.points ?? 0) };
  }
}
