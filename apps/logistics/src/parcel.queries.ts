import { Injectable } from '@nestjs/common';
import type { BookCarrier, Message } from '@sluice/contracts';
import { Lookups } from '@sluice/persistence';
import { Pool } from 'pg';
import { notFound } from './parcel.js';
import { parcelTables, type Parcel } from './tables.js';

/** Reads parcels as they are at this moment. */
@Injectable()
export class ParcelQueries {
  readonly #parcels: Lookups<[typeof parcelTables.parcels]>;

  constructor(pool: Pool) {
    this.#parcels = new Lookups(pool, parcelTables.parcels);
  }

  /** @throws ProblemError 404 no such parcel */
  async parcel(id: string): Promise<Parcel> {
    return found(await this.#parcels.read(id));
  }

  /** The parcel that the carrier is to be called for. @throws ProblemError 404 no such parcel */
  async parcelFor(message: Message<typeof BookCarrier>): Promise<Parcel> {
    return found(await this.#parcels.readFor(message, message.data.parcelId));
  }
}

function found([parcel]: [Parcel | undefined]): Parcel {
  if (!parcel) throw notFound();
  return parcel;
}
