import { Injectable } from '@nestjs/common';
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
    const [parcel] = await this.#parcels.read(id);
    if (!parcel) throw notFound();
    return parcel;
  }
}
