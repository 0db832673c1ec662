import { OrderStatus, type Order, type OrderChange } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newEventsOf } from './order-events.js';

const NOW = '2026-11-21T12:00:00Z';
const NOTHING = { amount: 0, currency: 'EUR' };
const ADDRESS = { name: 'Ann', street: 'Main Street 1', city: 'Springfield', postcode: '12345', country: 'US' };
const orderThatIs = (status: OrderStatus): Order => ({
  id: 'x',
  status,
  lines: [],
  subtotal: NOTHING,
  discount: NOTHING,
  total: NOTHING,
  address: ADDRESS,
  placedAt: NOW,
  parcels: [],
});

const historyOf = (statuses: OrderStatus[]): OrderChange[] =>
  statuses.map((status, index) => ({ version: index + 1, at: NOW, type: `change ${index + 1}`, detail: {}, status }));
const FINAL = ['completed', 'rejected', 'cancelled'];

describe('newEventsOf', () => {
  it('returns a change with its own status and the rest of the current order', () => {
    const order = { ...orderThatIs('paid'), paidAt: NOW };
    const changes = [
      { version: 2, at: NOW, type: 'awaiting_payment', detail: { payBy: NOW }, status: 'awaiting_payment' as const },
    ];
    const change = { at: NOW, type: 'awaiting_payment', detail: { payBy: NOW } };
    expect(newEventsOf({ order, changes }, 1).events).toEqual([
      { id: 2, event: 'order', data: { ...order, status: 'awaiting_payment', change } },
    ]);
  });

  it('returns the same event to all who share a reply, so that it is serialized once', () => {
    const reply = { order: orderThatIs('paid'), changes: historyOf(['pending', 'paid']) };
    expect(newEventsOf(reply, 1).events[0]).toBe(newEventsOf(reply, 0).events[1]);
  });

  it('returns a refund that already exists before the end, and ends without one too', () => {
    const history = historyOf(['pending', 'paid', 'cancelled', 'cancelled']);
    const order = orderThatIs('cancelled');
    expect(newEventsOf({ order, changes: history }, 2)).toMatchObject({ events: [{ id: 3 }, { id: 4 }], over: true });
    expect(newEventsOf({ order, changes: history.slice(0, 3) }, 2)).toMatchObject({ events: [{ id: 3 }], over: true });
    expect(newEventsOf({ order, changes: [] }, 3)).toEqual({ events: [], over: true });
  });

  it('returns every change once and in order, whenever and however often the owner is queried', () => {
    const status = fc.constantFrom(...OrderStatus.options);
    fc.assert(
      fc.property(
        fc.array(status, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(12)),
        fc.boolean(),
        (statuses, known, fromTheStart) => {
          const history = historyOf(statuses);
          const versions: number[] = [];
          // A reply may be older than the one before it, unsorted, and contain changes that were sent already.
          for (const length of [...known, history.length]) {
            const changes = history
              .slice(0, length)
              .reverse()
              .filter(({ version }) => fromTheStart || version > versions.length);
            versions.push(
              ...newEventsOf({ order: orderThatIs('pending'), changes }, versions.at(-1) ?? 0).events.map(
                ({ id }) => id,
              ),
            );
          }
          expect(versions).toEqual(history.map(({ version }) => version));
        },
      ),
    );
  });

  it('is over exactly when the last returned change is final', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...OrderStatus.options), { minLength: 1 }), (statuses) => {
        expect(newEventsOf({ order: orderThatIs('pending'), changes: historyOf(statuses) }, 0).over).toBe(
          FINAL.includes(statuses.at(-1)!),
        );
      }),
    );
  });
});
