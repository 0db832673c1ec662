import { Inject, Injectable } from '@nestjs/common';
import type { GetPoints, Reply } from '@sluice/contracts';
import { PrismaClient } from './generated/prisma/client.js';

/** Reads the points as their users see them. */
@Injectable()
export class PointsQueries {
  constructor(@Inject(PrismaClient) private readonly prisma: PrismaClient) {}

  /** The user's balance; 0 for a user who has earned none. */
  async of(userId: string): Promise<Reply<typeof GetPoints>> {
    const balance = await this.prisma.pointsBalance.findUnique({ where: { userId } });
    return { points: Number(balance?.points ?? 0) };
  }
}
