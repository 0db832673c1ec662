import { BookCarrier, parcelIdOf, type Data, type OrderPaid } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { carrierBooked, deliver, dispatch, needsCarrier, orderPaid, parcelIds, type Change } from './parcel.js';
import type { Parcel } from './tables.js';

const NOW = new Date('2026-11-21T10:00:00.000Z');
const money = (amount: number) => ({ amount, currency: 'EUR' });
const PAID: Data<typeof OrderPaid> = {
  orderId: '7d4d3b1c-0a52-8c5b-9d8e-4b1f0e6c7a01',
  userId: '01930000-0000-7000-8000-000000000001',
  version: 4,
  lines: [{ sku: 'TEE', name: 'T-shirt', quantity: 3, unitPrice: money(1_500) }],
  allocation: [
    { sku: 'TEE', warehouse: 'east', quantity: 1 },
    { sku: 'TEE', warehouse: 'west', quantity: 2 },
    { sku: 'MUG', warehouse: 'west', quantity: 1 },
  ],
  total: money(4_500),
  address: { name: 'Ada Byron', street: '12 Analytical Row', city: 'London', postcode: 'N1 7AA', country: 'GB' },
};

const EXPECTING_REPLY = { expectsReply: true };
const WITHOUT_REPLY = { expectsReply: false };
const made = () => orderPaid({}, PAID, NOW);
const east = () => made().parcels![0]!;
const conflict = (title: string) =>
  expect.objectContaining({ problem: expect.objectContaining({ status: 409, title }) });
const types = ({ messages = [] }: Change) => messages.map(({ contract }) => contract.type);

describe('a paid order', () => {
  it('has one parcel per warehouse, each with the pieces of that warehouse, and a carrier is booked for each', () => {
    const { parcels, messages } = made();
    expect(parcels!.map(({ warehouse, lines }) => [warehouse, lines])).toEqual([
      ['east', [{ sku: 'TEE', quantity: 1 }]],
      [
        'west',
        [
          { sku: 'TEE', quantity: 2 },
          { sku: 'MUG', quantity: 1 },
        ],
      ],
    ]);
    expect(types({ messages })).toEqual(['parcel.created', 'logistics.book', 'parcel.created', 'logistics.book']);
    for (const { contract, data } of messages!)
      expect(contract.schema.safeParse(data)).toMatchObject({ success: true });
    expect(messages![1]).toMatchObject(BookCarrier({ parcelId: parcels![0]!.id }));
  });

  it('has the same parcels when the fact is repeated, and only missing ones are created', () => {
    const [first, second] = made().parcels!;
    expect(parcelIds(PAID)).toEqual([first!.id, second!.id]);
    expect(orderPaid({ [first!.id]: first, [second!.id]: second }, PAID, NOW)).toEqual({ parcels: [], messages: [] });
    expect(orderPaid({ [second!.id]: second }, PAID, NOW).parcels).toEqual([first]);
  });

  it('has its progress published again when the fact is repeated', () => {
    const [first, second] = made().parcels!;
    const [left] = dispatch(first!, WITHOUT_REPLY, NOW).parcels!;
    const [arrived] = deliver(second!, WITHOUT_REPLY, NOW).parcels!;
    const again = orderPaid({ [first!.id]: left, [second!.id]: arrived }, PAID, NOW);
    expect([again.parcels, types(again)]).toEqual([[], ['parcel.dispatched', 'parcel.dispatched', 'parcel.delivered']]);
  });

  it('shares no parcel with another order or warehouse', () => {
    const orders = [PAID.orderId, PAID.userId];
    expect(new Set(orders.flatMap((order) => [parcelIdOf(order, 'east'), parcelIdOf(order, 'west')])).size).toBe(4);
    expect(parcelIdOf(PAID.orderId.toUpperCase(), 'east')).toBe(parcelIdOf(PAID.orderId, 'east'));
  });

  it('has parcels under ids that no release may change, since other services store them', () => {
    expect(parcelIds(PAID)).toEqual(['0ae32025-cc4d-5ba5-b970-2080362d32a9', '3d84615f-423b-53ab-88fd-05fa42e87f8f']);
  });
});

describe('a parcel', () => {
  it('leaves once', () => {
    const left = dispatch(east(), WITHOUT_REPLY, NOW);
    expect(left.parcels).toMatchObject([{ status: 'dispatched', dispatchedAt: NOW, version: 2 }]);
    expect(types(left)).toEqual(['parcel.dispatched']);
    const { id, orderId, userId, warehouse, lines } = east();
    expect(left.reply).toEqual({ id, orderId, userId, warehouse, status: 'dispatched', lines });
    expect(dispatch(left.parcels![0]!, WITHOUT_REPLY, NOW)).toEqual({ reply: left.reply });
  });

  it('arrives once', () => {
    const [left] = dispatch(east(), WITHOUT_REPLY, NOW).parcels!;
    const arrived = deliver(left!, EXPECTING_REPLY, NOW);
    expect(arrived.parcels).toMatchObject([{ status: 'delivered', deliveredAt: NOW, version: 3 }]);
    expect(types(arrived)).toEqual(['parcel.delivered']);
    expect(deliver(arrived.parcels![0]!, EXPECTING_REPLY, NOW)).toEqual({ reply: arrived.reply });
  });

  it('cannot be delivered by a person before it has left', () => {
    expect(() => deliver(east(), EXPECTING_REPLY, NOW)).toThrow(conflict('Not dispatched yet'));
  });

  it('needs a carrier until it has one or has left without', () => {
    const [booked] = carrierBooked(east(), 'ref-1', NOW).parcels!;
    expect([east(), booked!, dispatch(east(), WITHOUT_REPLY, NOW).parcels![0]!].map(needsCarrier)).toEqual([
      true,
      false,
      false,
    ]);
    expect(carrierBooked(booked!, 'ref-2', NOW)).toEqual({});
  });

  it('ends the same in whatever order and how often the carrier reports, and publishes each fact once', () => {
    type ParcelReport = (parcel: Parcel) => Change;
    const all: ParcelReport[] = [
      (parcel) => dispatch(parcel, WITHOUT_REPLY, NOW),
      (parcel) => deliver(parcel, WITHOUT_REPLY, NOW),
      (parcel) => carrierBooked(parcel, 'ref-1', NOW),
    ];
    const arrivals = fc
      .array(fc.constantFrom(...all), { maxLength: 5 })
      .chain((again) => fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length }));
    fc.assert(
      fc.property(arrivals, (reports) => {
        let parcel = east();
        const facts = reports.flatMap((report) => {
          const change = report(parcel);
          parcel = change.parcels?.[0] ?? parcel;
          return change.messages ?? [];
        });
        expect(parcel).toEqual({
          ...east(),
          status: 'delivered',
          carrierReference: 'ref-1',
          dispatchedAt: NOW,
          deliveredAt: NOW,
          version: 4,
        });
        expect(facts.map(({ contract }) => contract.type)).toEqual(['parcel.dispatched', 'parcel.delivered']);
        const versions = facts.map(({ data }) => (data as { version: number }).version);
        expect(versions[0]).toBeLessThan(versions[1]!);
      }),
    );
  });
});
