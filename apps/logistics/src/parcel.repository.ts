import { Inject, Injectable } from '@nestjs/common';
import type { HaltParcels, Message, OrderPaid, Parcel as ParcelView } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import type { Decision, UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { PrismaClient } from './generated/prisma/client.js';
import { parcelIds, type Change, type Parcels } from './parcel.js';
import { parcelTables, type Parcel } from './tables.js';

/** Stores parcels in units of work, and reads them by Prisma over the same pool. */
@Injectable()
export class ParcelRepository {
  readonly #unit: UnitOfWork<typeof parcelTables>;

  constructor(
    units: UnitsOfWork,
    @Inject(PrismaClient) private readonly prisma: PrismaClient,
  ) {
    this.#unit = units.over({ tables: parcelTables });
  }

  /** Changes all parcels of the message's order together, including those not created yet. */
  async changeAll(
    message: Message<typeof OrderPaid> | Message<typeof HaltParcels>,
    decide: (existing: Parcels, now: Date) => Change,
  ): Promise<void> {
    await this.#unit.change(message, { parcels: parcelIds(message.data) }, ({ parcels }, now) =>
      decision(decide(parcels, now)),
    );
  }

  /** @throws ProblemError 404 no such parcel */
  async change(message: Message, id: string, decide: (parcel: Parcel, now: Date) => Change) {
    return this.#unit.change<ParcelView>(message, { parcels: [id] }, ({ parcels }, now) => {
      const parcel = parcels[id];
      if (!parcel) throw notFound();
      return decision(decide(parcel, now));
    });
  }

  /** Stores the outcome of a call to the carrier, for a parcel that may not exist. */
  async note(message: Message, id: string, decide: (parcel: Parcel, now: Date) => Change): Promise<void> {
    await this.#unit.change<ParcelView>(message, { parcels: [id] }, ({ parcels }, now) => {
      const parcel = parcels[id];
      return parcel ? decision(decide(parcel, now)) : {};
    });
  }

  /** @throws ProblemError 404 no such parcel */
  async parcel(id: string): Promise<Parcel> {
    const row = await this.prisma.parcel.findUnique({ where: { id } });
    // Version 0 is a placeholder that holds a lock; the table's check guarantees that any other row is complete.
    if (!row || row.version === 0) throw notFound();
    return row as unknown as Parcel;
  }
}

const notFound = (): ProblemError => ProblemError.of(404, 'Parcel not found');

const decision = ({ parcels, messages, reply }: Change): Decision<ParcelView, typeof parcelTables> => ({
  ...(parcels && { state: { parcels: Object.fromEntries(parcels.map((parcel) => [parcel.id, parcel])) } }),
  ...(messages && { messages }),
  ...(reply && { reply }),
});
