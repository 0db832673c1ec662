import type { Parcel as ParcelView } from '@sluice/contracts';
import { notFound, type Change, type Parcels } from './parcel.js';
import type { Parcel, ParcelDecision, ParcelState } from './tables.js';

type OneParcel = (parcel: Parcel, now: Date) => Change;

/** Applies a rule to all parcels of an order together, including those not created yet. */
export const decideAll =
  (rule: (parcels: Parcels, now: Date) => Change) =>
  ({ parcels }: ParcelState, now: Date): ParcelDecision =>
    stored(rule(parcels, now));

/** Applies a rule to one parcel. @throws ProblemError 404 no such parcel */
export const decideOne =
  (id: string, rule: OneParcel) =>
  ({ parcels }: ParcelState, now: Date): ParcelDecision<ParcelView> => {
    const parcel = parcels[id];
    if (!parcel) throw notFound();
    const change = rule(parcel, now);
    return { reply: change.reply, ...stored(change) };
  };

/** Applies a rule to one parcel that may not exist; then nothing changes. */
export const decideKnown =
  (id: string, rule: OneParcel) =>
  ({ parcels }: ParcelState, now: Date): ParcelDecision => {
    const parcel = parcels[id];
    return parcel ? stored(rule(parcel, now)) : {};
  };

const stored = ({ parcels, messages }: Change): ParcelDecision => ({
  state: parcels && { parcels: Object.fromEntries(parcels.map((parcel) => [parcel.id, parcel])) },
  messages,
});
