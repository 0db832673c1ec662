import type { Address, Parcel as ParcelView } from '@sluice/contracts';
import { collection } from '@sluice/persistence';

/** What one warehouse sends for one order. What has not happened yet is null. */
export interface Parcel extends ParcelView {
  address: Address;
  /** The carrier has taken the booking, under this name of its own. */
  carrierReference: string | null;
  /** When the carrier was last asked for what the status waits for: to book, or to leave a halted parcel; null: never. */
  carrierAskedAt: Date | null;
  /** Why the carrier refuses that for good, until a person has it asked again. */
  carrierRefusal: string | null;
  /** The carrier knows that it is not to fetch the halted parcel. */
  recalledAt: Date | null;
  createdAt: Date;
  dispatchedAt: Date | null;
  deliveredAt: Date | null;
  haltedAt: Date | null;
  version: number;
}

/** What the fake carrier does next with a parcel, and when. */
export interface FakeCarrierJob {
  parcelId: string;
  next: 'dispatch' | 'deliver' | 'nothing';
  dueAt: Date | null;
  /** Of the order that it is about. */
  correlationId: string;
  version: number;
}

export const parcelTables = {
  parcels: collection<Parcel>({
    table: 'parcels',
    key: 'id',
    columns: [
      'id',
      'orderId',
      'userId',
      'warehouse',
      'lines',
      'address',
      'status',
      'carrierReference',
      'carrierAskedAt',
      'carrierRefusal',
      'recalledAt',
      'createdAt',
      'dispatchedAt',
      'deliveredAt',
      'haltedAt',
      'version',
    ],
  }),
};

export const fakeCarrierTables = {
  jobs: collection<FakeCarrierJob>({
    table: 'fake_carrier_jobs',
    key: 'parcelId',
    columns: ['parcelId', 'next', 'dueAt', 'correlationId', 'version'],
  }),
};
