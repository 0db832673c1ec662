import type { Address, Warehouse } from '@sluice/contracts';

/** Nest's token of the carrier in use. */
export const CARRIER = Symbol('carrier');

export interface Shipment {
  /** Stable, so it is the idempotency key: a repeated request books nothing more. */
  parcelId: string;
  warehouse: Warehouse;
  address: Address;
  lines: { sku: string; quantity: number }[];
  correlationId: string;
}

export interface Recall {
  parcelId: string;
  /**
   * The idempotency key. Not the parcel's id: the reply to a recall before the booking (nothing booked) must not be
   * repeated after it.
   */
  key: string;
  correlationId: string;
}

/**
 * Fetches parcels at warehouses and delivers them. Reports its work by `logistics.dispatch` and `logistics.deliver`.
 */
export interface Carrier {
  /**
   * Returns the carrier's own reference of the booking.
   * @throws UnavailableError no reply, repeat it; PermanentError refused for good
   */
  book(shipment: Shipment): Promise<string>;
  /**
   * Stops the carrier from fetching the parcel, which may not be booked yet.
   * @throws UnavailableError no reply, repeat it; PermanentError refused for good
   */
  recall(recall: Recall): Promise<void>;
  /**
   * How far a booked parcel has come; undefined: not fetched, or the carrier does not tell. Its reports are usually
   * enough; those of after a backup are lost by a restore.
   * @throws UnavailableError no reply
   */
  progress(parcelId: string): Promise<Progress | undefined>;
  /**
   * The parcels that were booked since then, oldest first. @throws UnavailableError no reply; PermanentError the carrier
   * has no such list
   */
  shipments(listing: Listing): Promise<Booked[]>;
}

export interface Listing {
  /** RFC 3339. */
  since: string;
  /** The parcel after which the list continues; undefined: from its begin. */
  after: string | undefined;
  limit: number;
}

export interface Booked {
  parcelId: string;
  /** In the carrier's words. */
  status: string;
}

export type Progress = 'dispatched' | 'delivered';
