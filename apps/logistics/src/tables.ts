import type { Address, Parcel as ParcelView } from '@sluice/contracts';
import { collection, type Decision, type Keys, type State } from '@sluice/persistence';

/** The parcel of one warehouse for one order. What has not happened yet is null. */
export interface Parcel extends ParcelView {
  address: Address;
  /** The carrier's own reference; set when it has accepted the booking. */
  carrierReference: string | null;
  /** When the carrier was last sent the current request, to book or to leave a halted parcel; null: never. */
  carrierAskedAt: Date | null;
  /** Why the carrier refuses that for good, until an operator has it sent again. */
  carrierRefusal: string | null;
  /** When the carrier confirmed that it leaves the halted parcel. */
  recalledAt: Date | null;
  createdAt: Date;
  dispatchedAt: Date | null;
  deliveredAt: Date | null;
  haltedAt: Date | null;
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

export type ParcelKeys = Keys<typeof parcelTables>;
export type ParcelState = State<typeof parcelTables>;
/** Without `R`: there is no reply. */
export type ParcelDecision<R = never> = Decision<R, typeof parcelTables>;
