import { Inject, Injectable } from '@nestjs/common';
import { PrismaClient } from './generated/prisma/client.js';
import { notFound } from './parcel.js';
import type { Parcel } from './tables.js';

/** Reads parcels as they are at this moment. */
@Injectable()
export class ParcelQueries {
  constructor(@Inject(PrismaClient) private readonly prisma: PrismaClient) {}

  /** @throws ProblemError 404 no such parcel */
  async parcel(id: string): Promise<Parcel> {
    const row = await this.prisma.parcel.findUnique({ where: { id } });
    // Version 0 is a placeholder that holds a lock; the table's check guarantees that any other row is complete.
    if (!row || row.version === 0) throw notFound();
    return row as unknown as Parcel;
  }
}
