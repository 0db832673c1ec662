import type { Address, Warehouse } from '@sluice/contracts';

/** Injection token: the carrier of this process. */
export const CARRIER = Symbol('carrier');

export interface Shipment {
  /** Stable, and therefore the idempotency key: asking again books nothing more. */
  parcelId: string;
  warehouse: Warehouse;
  address: Address;
  lines: { sku: string; quantity: number }[];
  correlationId: string;
}

export interface Recall {
  parcelId: string;
  /** The idempotency key. Not the parcel's: a recall before the booking is answered that there is nothing, one after it must not be. */
  key: string;
  correlationId: string;
}

/** Fetches parcels at warehouses and takes them to people. It tells what it did by `logistics.dispatch` and `logistics.deliver`. */
export interface Carrier {
  /**
   * Gives the carrier's own reference of the booking.
   * @throws UnavailableError no answer, to be asked again; PermanentError refused for good
   */
  book(shipment: Shipment): Promise<string>;
  /**
   * The parcel is not to be fetched any more; it may not even have been booked.
   * @throws UnavailableError no answer, to be asked again; PermanentError refused for good
   */
  recall(recall: Recall): Promise<void>;
}
