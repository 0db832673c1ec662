import { BookCarrier, RecallCarrier } from '@sluice/contracts';
import { needsCarrier, type Change } from './parcel.js';
import type { Parcel } from './tables.js';

/** The carrier has been asked to leave the halted parcel, and has not said yet that it will. */
export const needsRecall = ({ status, carrierAskedAt, recalledAt }: Parcel): boolean =>
  status === 'halted' && carrierAskedAt !== null && recalledAt === null;

/** The carrier leaves the parcel where it is. */
export function recalled(parcel: Parcel, now: Date): Change {
  if (!needsRecall(parcel)) return {};
  return { parcels: [{ ...parcel, recalledAt: now, carrierRefusal: null, version: parcel.version + 1 }] };
}

/** The carrier has refused for good what it was asked: nobody asks again by itself. */
export function carrierRefused(parcel: Parcel, carrierRefusal: string): Change {
  if (!needsCarrier(parcel) && !needsRecall(parcel)) return {};
  return { parcels: [{ ...parcel, carrierRefusal, version: parcel.version + 1 }] };
}

/**
 * The carrier has not answered for too long: it is asked again, under the same key for a booking. What it has refused for good
 * waits for a person.
 * @param afterMs nobody asks more often than this, which the row remembers, however many look for what is overdue
 */
export function resendToCarrier(parcel: Parcel, afterMs: number, now: Date): Change {
  const message = needsCarrier(parcel) ? BookCarrier : needsRecall(parcel) ? RecallCarrier : undefined;
  const askedAt = parcel.carrierAskedAt ?? parcel.createdAt;
  if (!message || parcel.carrierRefusal !== null || now.getTime() - askedAt.getTime() < afterMs) return {};
  return {
    parcels: [{ ...parcel, carrierAskedAt: now, version: parcel.version + 1 }],
    messages: [message({ parcelId: parcel.id })],
  };
}
