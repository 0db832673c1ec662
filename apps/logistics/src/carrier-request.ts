import { BookCarrier, RecallCarrier } from '@sluice/contracts';
import { needsCarrier, type Change } from './parcel.js';
import type { Parcel } from './tables.js';

/** The carrier was requested to leave the halted parcel, and has not confirmed it yet. */
export const needsRecall = ({ status, carrierAskedAt, recalledAt }: Parcel): boolean =>
  status === 'halted' && carrierAskedAt !== null && recalledAt === null;

/** The carrier has confirmed the recall. */
export function recalled(parcel: Parcel, now: Date): Change {
  if (!needsRecall(parcel)) return {};
  return { parcels: [{ ...parcel, recalledAt: now, carrierRefusal: null, version: parcel.version + 1 }] };
}

/** The carrier has refused the request for good: it is not sent again automatically. */
export function carrierRefused(parcel: Parcel, carrierRefusal: string): Change {
  if (!needsCarrier(parcel) && !needsRecall(parcel)) return {};
  return { parcels: [{ ...parcel, carrierRefusal, version: parcel.version + 1 }] };
}

/**
 * Sends a request again that the carrier has not replied to for too long, a booking under the same key. One refused
 * for good waits for an operator.
 * @param afterMs minimum interval between two requests; the row keeps the time, so that it holds however many
 * processes sweep
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
