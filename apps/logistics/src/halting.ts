import { ParcelsHalted, ParcelsLeft, RecallCarrier } from '@sluice/contracts';
import { missingParcels, type Change, type Parcels, type Shipping } from './parcel.js';
import type { Parcel } from './tables.js';

/**
 * Halts all parcels of an order, or none when one has left. Those that are not there yet are made and halted at once, so that
 * an `order.paid` that comes later finds them so and sends nothing. An order's answer is the same however often it is asked.
 */
export function halt(existing: Parcels, order: Shipping, now: Date): Change {
  const { orderId, userId } = order;
  const known = Object.values(existing).filter((parcel) => parcel !== undefined);
  if (known.some(hasLeft)) return { messages: [ParcelsLeft({ orderId, userId, version: newest(known) })] };
  const parcels = [...known.map((parcel) => recalling(parcel, now)), ...missingParcels(existing, order, now)].map(
    (parcel) => halted(parcel, now),
  );
  const answer = ParcelsHalted({
    orderId,
    userId,
    version: newest(parcels),
    parcels: parcels.map(({ id, warehouse, lines }) => ({ id, warehouse, lines })),
  });
  return { parcels, messages: [answer, ...known.filter(mayBeBooked).map(({ id }) => RecallCarrier({ parcelId: id }))] };
}

const hasLeft = ({ status }: Parcel): boolean => status === 'dispatched' || status === 'delivered';

/** A booking may be under way without an answer yet. */
const mayBeBooked = ({ status }: Parcel): boolean => status === 'preparing';

/** The carrier is asked for something else from now on. */
const recalling = (parcel: Parcel, now: Date): Parcel =>
  mayBeBooked(parcel) ? { ...parcel, carrierAskedAt: now, carrierRefusal: null } : parcel;

const halted = (parcel: Parcel, now: Date): Parcel =>
  parcel.status === 'halted' ? parcel : { ...parcel, status: 'halted', haltedAt: now, version: parcel.version + 1 };

/** The version of the whole: it grows with each of its parcels. An order without any has 0. */
const newest = (parcels: readonly Parcel[]): number => Math.max(0, ...parcels.map(({ version }) => version));
