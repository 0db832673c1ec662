import { describe, expect, it } from 'vitest';
import { resendToCarrier, carrierRefused, needsRecall, recalled } from './carrier-request.js';
import { halt } from './halt.js';
import { carrierBooked, dispatch, orderPaid, parcelIds, type Change } from './parcel.js';
import type { Parcel } from './tables.js';
import { orderFrom } from './testing/orders.js';

const NOON = new Date('2026-11-21T12:00:00.000Z');
const later = (seconds: number): Date => new Date(NOON.getTime() + seconds * 1000);
const ORDER = orderFrom(['east']);
const [ID] = parcelIds(ORDER.halt) as [string];
const AFTER_MS = 120_000;

const sent = ({ messages = [] }: Change) => messages.map(({ contract, data }) => [contract.type, data]);
const only = ({ parcels }: Change): Parcel => parcels![0]!;
const haltedFrom = (parcel: Parcel | undefined): Parcel => only(halt({ [ID]: parcel }, ORDER.halt, NOON));

const preparing = only(orderPaid({ [ID]: undefined }, ORDER.paid, NOON));
const booked = only(carrierBooked(preparing, 'C-1', NOON));
const halted = haltedFrom(preparing);
const neverBooked = haltedFrom(undefined);
const back = only(recalled(halted, later(5)));

describe('a request that the carrier has not replied to', () => {
  it.each([
    ['logistics.book', preparing],
    ['logistics.recall', halted],
  ])('is sent again when it is due, and not twice: %s', (type, parcel) => {
    expect(resendToCarrier(parcel, AFTER_MS, later(119))).toEqual({});
    const again = resendToCarrier(parcel, AFTER_MS, later(120));
    expect(sent(again)).toEqual([[type, { parcelId: ID }]]);
    expect(only(again)).toEqual({ ...parcel, carrierAskedAt: later(120), version: parcel.version + 1 });
    expect(resendToCarrier(only(again), AFTER_MS, later(121))).toEqual({});
  });

  it('is sent again for a parcel of a version that did not store the time of the request', () => {
    expect(sent(resendToCarrier({ ...preparing, carrierAskedAt: null }, AFTER_MS, later(120)))).toHaveLength(1);
  });

  it.each(
    Object.entries({ booked, dispatched: only(dispatch(preparing, { expectsReply: false }, NOON)), neverBooked, back }),
  )('does not exist for a parcel that is %s', (_, parcel) => {
    expect(resendToCarrier(parcel, AFTER_MS, later(9_999))).toEqual({});
    expect(carrierRefused(parcel, 'no')).toEqual({});
  });
});

describe('a refusal for good', () => {
  it.each([
    ['a booking', preparing, (parcel: Parcel) => carrierBooked(parcel, 'C-1', later(9))],
    ['a recall', halted, (parcel: Parcel) => recalled(parcel, later(9))],
  ])('of %s waits for an operator, and the request can still succeed', (_, parcel, done) => {
    const refused = only(carrierRefused(parcel, 'no such street'));
    expect(refused).toEqual({ ...parcel, carrierRefusal: 'no such street', version: parcel.version + 1 });
    expect(resendToCarrier(refused, AFTER_MS, later(9_999))).toEqual({});
    expect(only(done(refused)).carrierRefusal).toBeNull();
  });

  it('of a booking does not stop the recall of the same parcel', () => {
    const refused = haltedFrom(only(carrierRefused(preparing, 'no such street')));
    expect(sent(resendToCarrier(refused, AFTER_MS, later(120)))).toEqual([['logistics.recall', { parcelId: ID }]]);
  });
});

describe('a recall', () => {
  it('is done once', () => {
    expect(back).toEqual({ ...halted, recalledAt: later(5), version: halted.version + 1 });
    expect(recalled(back, later(6))).toEqual({});
  });

  it('is needed again when the reply to the booking arrives after it', () => {
    expect(needsRecall(only(carrierBooked(back, 'C-1', later(7))))).toBe(true);
  });

  it('changes no parcel that is not halted', () => expect(recalled(preparing, NOON)).toEqual({}));
});
