import { describe, expect, it } from 'vitest';
import { decideAll, decideKnown, decideOne } from './parcel-decision.js';
import { dispatch, orderPaid, parcelIds, parcelKeys, shippingKeys, viewOf, type Change } from './parcel.js';
import type { Parcel } from './tables.js';
import { orderFrom } from './testing/orders.js';

const NOW = new Date('2026-11-21T10:00:00.000Z');
const ORDER = orderFrom(['east', 'west']);
const [EAST, WEST] = parcelIds(ORDER.halt) as [string, string];
const made = orderPaid({}, ORDER.paid, NOW);
const [east, west] = made.parcels as [Parcel, Parcel];

const leaves = (parcel: Parcel, now: Date): Change => dispatch(parcel, { expectsReply: true }, now);
const sent: Parcel = { ...east, status: 'dispatched', dispatchedAt: NOW, version: 2 };

describe('a rule about all parcels of an order', () => {
  const paid = decideAll((existing, now) => orderPaid(existing, ORDER.paid, now));

  it('concerns a parcel per warehouse, also before it is created', () =>
    expect(shippingKeys(ORDER.halt)).toEqual({ parcels: [EAST, WEST] }));

  it('stores each of its parcels, and sends its messages', () =>
    expect(paid({ parcels: {} }, NOW)).toEqual({
      state: { parcels: { [EAST]: east, [WEST]: west } },
      messages: made.messages,
    }));

  it('sees the parcels that exist', () =>
    expect(paid({ parcels: { [EAST]: east } }, NOW).state).toEqual({ parcels: { [WEST]: west } }));
});

describe('a rule about one parcel', () => {
  it('concerns that parcel alone', () => expect(parcelKeys({ parcelId: EAST })).toEqual({ parcels: [EAST] }));

  it('stores it, and replies', () =>
    expect(decideOne(EAST, leaves)({ parcels: { [EAST]: east } }, NOW)).toEqual({
      state: { parcels: { [EAST]: sent } },
      messages: [expect.objectContaining({ data: expect.objectContaining({ parcelId: EAST, version: 2 }) })],
      reply: viewOf(sent),
    }));

  it('is 404 without the parcel', () =>
    expect(() => decideOne(EAST, leaves)({ parcels: { [WEST]: west } }, NOW)).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ status: 404, title: 'Parcel not found' }) }),
    ));
});

describe('a rule about a parcel that may not exist', () => {
  it('stores it, and does not reply', () =>
    expect(decideKnown(EAST, leaves)({ parcels: { [EAST]: east } }, NOW)).toEqual({
      state: { parcels: { [EAST]: sent } },
      messages: [expect.anything()],
    }));

  it('changes nothing without the parcel', () =>
    expect(decideKnown(EAST, leaves)({ parcels: { [WEST]: west } }, NOW)).toEqual({}));
});
