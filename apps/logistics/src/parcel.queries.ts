import { Injectable } from '@nestjs/common';
import { lookUp, lookups } from '@sluice/persistence';
import { Pool } from 'pg';
import { notFound } from './parcel.js';
import { parcelTables, type Parcel } from './tables.js';

const parcelOf = lookups(parcelTables.parcels);

/** Reads parcels as they are at this moment. */
@Injectable()
export class ParcelQueries {
  constructor(private readonly pool: Pool) {}

  /** @throws ProblemError 404 no such parcel */
  async parcel(id: string): Promise<Parcel> {
    const [parcel] = await lookUp(this.pool, parcelOf(id));
    if (!parcel) throw notFound();
    return parcel;
  }
}
