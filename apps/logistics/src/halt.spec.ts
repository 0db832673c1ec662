import { HaltParcels, type Outgoing } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halt } from './halt.js';
import {
  carrierBooked,
  deliver,
  dispatch,
  needsCarrier,
  orderPaid,
  parcelIds,
  type Change,
  type Parcels,
} from './parcel.js';
import type { Parcel } from './tables.js';
import { after, orderFrom } from './testing/orders.js';

const NOW = new Date('2026-11-21T10:00:00.000Z');
const LATER = new Date('2026-11-21T10:05:00.000Z');
const ORDER = orderFrom(['east', 'west'], '7d4d3b1c-0a52-8c5b-9d8e-4b1f0e6c7a01');
const [EAST, WEST] = parcelIds(ORDER.halt) as [string, string];

const typeOf = ({ contract }: Outgoing): string => contract.type;
const types = ({ messages = [] }: Change): string[] => messages.map(typeOf);
const versionOf = ({ data }: Outgoing): number => (data as { version: number }).version;
const statuses = (parcels: Parcels): string[] => [EAST, WEST].map((id) => parcels[id]?.status ?? 'absent');
const conflict = (title: string) =>
  expect.objectContaining({ problem: expect.objectContaining({ status: 409, title }) });

const paid = after({}, orderPaid({}, ORDER.paid, NOW));
const halted = after(paid, halt(paid, ORDER.halt, LATER));

describe('halting an order', () => {
  it('halts all its parcels, replies which, and has the carrier leave them', () => {
    const { parcels, messages } = halt(paid, ORDER.halt, LATER);
    expect(parcels).toEqual(
      [EAST, WEST].map((id) => ({ ...paid[id], status: 'halted', haltedAt: LATER, carrierAskedAt: LATER, version: 2 })),
    );
    const { orderId, userId } = ORDER.halt;
    const lines = [{ sku: 'TEE', quantity: 1 }];
    expect(messages!.map(({ contract, data }) => [contract.type, data])).toEqual([
      [
        'parcels.halted',
        {
          orderId,
          userId,
          version: 2,
          parcels: [
            { id: EAST, warehouse: 'east', lines },
            { id: WEST, warehouse: 'west', lines },
          ],
        },
      ],
      ['logistics.recall', { parcelId: EAST }],
      ['logistics.recall', { parcelId: WEST }],
    ]);
    for (const { contract, data } of [...messages!, HaltParcels(ORDER.halt)])
      expect(contract.schema.safeParse(data)).toMatchObject({ success: true });
  });

  it.each([
    ['dispatched', (parcel: Parcel) => dispatch(parcel, { expectsReply: true }, NOW)],
    ['delivered', (parcel: Parcel) => deliver(parcel, { expectsReply: false }, NOW)],
  ])('halts none when one is %s', (_status, leave) => {
    const left = after(paid, leave(paid[WEST]!));
    const { orderId, userId } = ORDER.halt;
    expect(halt(left, ORDER.halt, LATER)).toEqual({
      messages: [expect.objectContaining({ data: { orderId, userId, version: left[WEST]!.version } })],
    });
    expect(types(halt(left, ORDER.halt, LATER))).toEqual(['parcels.left']);
  });

  it('before `order.paid` arrives creates halted parcels, and needs no recall', () => {
    const early = halt({ [EAST]: undefined, [WEST]: undefined }, ORDER.halt, LATER);
    expect(types(early)).toEqual(['parcels.halted']);
    const there = after({}, early);
    const neverBooked = { createdAt: LATER, carrierAskedAt: null };
    expect(there).toEqual({ [EAST]: { ...halted[EAST], ...neverBooked }, [WEST]: { ...halted[WEST], ...neverBooked } });
    expect(orderPaid(there, ORDER.paid, LATER)).toEqual({ parcels: [], messages: [] });
  });

  it('again changes nothing, and gives the same reply', () => {
    const again = halt(halted, ORDER.halt, new Date());
    expect(after(halted, again)).toEqual(halted);
    expect(again.messages).toEqual([halt(paid, ORDER.halt, LATER).messages![0]]);
  });
});

describe('a halted parcel', () => {
  it.each([
    ['dispatched', dispatch],
    ['delivered', deliver],
  ])('is not %s by a request, nor by a carrier that has not received the recall', (_step, leave) => {
    expect(() => leave(halted[EAST]!, { expectsReply: true }, NOW)).toThrow(conflict('Halted'));
    expect(leave(halted[EAST]!, { expectsReply: false }, NOW)).toEqual({});
  });

  it('needs no carrier, and is recalled once from a carrier that accepted it meanwhile', () => {
    expect(needsCarrier(halted[EAST]!)).toBe(false);
    const booked = carrierBooked({ ...halted[EAST]!, recalledAt: LATER }, 'ref-1', NOW);
    expect(booked.parcels).toEqual([
      { ...halted[EAST], carrierReference: 'ref-1', carrierAskedAt: NOW, recalledAt: null, version: 3 },
    ]);
    expect(booked.messages!.map(({ contract, data }) => [contract.type, data])).toEqual([
      ['logistics.recall', { parcelId: EAST }],
    ]);
    expect(carrierBooked(booked.parcels![0]!, 'ref-1', NOW)).toEqual({});
  });
});

/** An event of the order; a refused one, or one about a missing parcel, changes nothing. */
type Step = (parcels: Parcels) => Change;
const toParcel =
  (id: string, rule: (parcel: Parcel) => Change): Step =>
  (parcels) =>
    parcels[id] ? rule(parcels[id]) : {};
const unlessRefused = (rule: () => Change): Change => {
  try {
    return rule();
  } catch (problem) {
    expect(problem).toEqual(conflict(expect.any(String)));
    return {};
  }
};
const theHalt: Step = (parcels) => halt(parcels, ORDER.halt, NOW);
const thePayment: Step = (parcels) => orderPaid(parcels, ORDER.paid, NOW);
const aMove = fc
  .record({ id: fc.constantFrom(EAST, WEST), rule: fc.constantFrom(dispatch, deliver), expectsReply: fc.boolean() })
  .map(({ id, rule, expectsReply }) =>
    toParcel(id, (parcel) => unlessRefused(() => rule(parcel, { expectsReply }, NOW))),
  );
const aBooking = fc
  .constantFrom(EAST, WEST)
  .map((id) => toParcel(id, (parcel) => carrierBooked(parcel, `ref-${id}`, NOW)));
const history = fc.array(fc.oneof(fc.constant(theHalt), fc.constant(thePayment), aMove, aBooking), { maxLength: 15 });

describe('in whatever order an order is paid, halted, fetched and brought, and however often', () => {
  it('halts all parcels or none, for good, and gives every halt the one answer that this means', () => {
    fc.assert(
      fc.property(history, (steps) => {
        let parcels: Parcels = {};
        const sent: string[] = [];
        for (const step of steps) {
          const hadLeft = sent.includes('parcel.dispatched');
          const wasHalted = sent.includes('parcels.halted');
          const change = step(parcels);
          if (step === theHalt) expect(types(change)[0]).toBe(hadLeft ? 'parcels.left' : 'parcels.halted');
          if (wasHalted)
            expect(types(change).filter((type) => type !== 'parcels.halted' && type !== 'logistics.recall')).toEqual(
              [],
            );
          if (step === theHalt && hadLeft) expect(change.parcels).toBeUndefined();
          parcels = after(parcels, change);
          sent.push(...types(change));
          if (sent.includes('parcels.halted')) expect(statuses(parcels)).toEqual(['halted', 'halted']);
          else expect(statuses(parcels)).not.toContain('halted');
        }
        expect(
          sent.includes('parcels.halted') && (sent.includes('parcels.left') || sent.includes('parcel.dispatched')),
        ).toBe(false);
        expect(sent.filter((type) => type === 'parcels.halted' || type === 'parcels.left')).toHaveLength(
          steps.filter((step) => step === theHalt).length,
        );
      }),
    );
  });

  it('raises the version of each parcel that it changes, and replies with the highest', () => {
    fc.assert(
      fc.property(history, (steps) => {
        let parcels: Parcels = {};
        for (const step of steps) {
          const change = step(parcels);
          for (const parcel of change.parcels ?? [])
            if (parcel !== parcels[parcel.id]) expect(parcel.version).toBeGreaterThan(parcels[parcel.id]?.version ?? 0);
          parcels = after(parcels, change);
          if (step === theHalt)
            expect(versionOf(change.messages![0]!)).toBe(
              Math.max(...Object.values(parcels).map((parcel) => parcel!.version)),
            );
        }
      }),
    );
  });
});
