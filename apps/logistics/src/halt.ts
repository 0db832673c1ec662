import { ParcelsHalted, ParcelsLeft, RecallCarrier } from '@sluice/contracts';
import { missingParcels, type Change, type Parcels, type Shipping } from './parcel.js';
import type { Parcel } from './tables.js';

/**
 * Halts all parcels of an order, or none when one has left. Missing parcels are created as halted, so that a later
 * `order.paid` finds them and sends nothing. Repeated requests get the same reply.
 */
export function halt(existing: Parcels, order: Shipping, now: Date): Change {
  const { orderId, userId } = order;
  const created = Object.values(existing).filter((parcel) => parcel !== undefined);
  if (created.some(hasLeft)) return { messages: [ParcelsLeft({ orderId, userId, version: newest(created) })] };
  const parcels = [...created.map((parcel) => recalling(parcel, now)), ...missingParcels(existing, order, now)].map(
    (parcel) => halted(parcel, now),
  );
  const answer = ParcelsHalted({
    orderId,
    userId,
    version: newest(parcels),
    parcels: parcels.map(({ id, warehouse, lines }) => ({ id, warehouse, lines })),
  });
  return {
    parcels,
    messages: [answer, ...created.filter(mayBeBooked).map(({ id }) => RecallCarrier({ parcelId: id }))],
  };
}

const hasLeft = ({ status }: Parcel): boolean => status === 'dispatched' || status === 'delivered';

/** A booking may be running without a reply yet. */
const mayBeBooked = ({ status }: Parcel): boolean => status === 'preparing';

/** The carrier is sent another request from now on. */
const recalling = (parcel: Parcel, now: Date): Parcel =>
  mayBeBooked(parcel) ? { ...parcel, carrierAskedAt: now, carrierRefusal: null } : parcel;

const halted = (parcel: Parcel, now: Date): Parcel =>
  parcel.status === 'halted' ? parcel : { ...parcel, status: 'halted', haltedAt: now, version: parcel.version + 1 };

/** The version of the order's parcels together, which grows with each of them; 0 without parcels. */
const newest = (parcels: readonly Parcel[]): number => Math.max(0, ...parcels.map(({ version }) => version));
