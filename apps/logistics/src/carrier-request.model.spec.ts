import fc from 'fast-check';
import { expect, it } from 'vitest';
import { halt } from './halt.js';
import { carrierBooked, needsCarrier, orderPaid, parcelIds, type Change, type Parcels } from './parcel.js';
import { after, orderFrom } from './testing/orders.js';

const NOW = new Date('2026-11-21T10:00:00.000Z');
const ORDER = orderFrom(['east', 'west']);
const IDS = parcelIds(ORDER.halt);

/** An order's parcels, the carrier, and the messages between them, oldest first. */
class World {
  parcels: Parcels = {};
  readonly withCarrier = new Set<string>();
  readonly #bookings: string[] = [];
  readonly #recalls: string[] = [];
  readonly #calls: string[] = [];
  readonly #answers: string[] = [];

  readonly happenings = {
    isPaid: () => this.#become(orderPaid(this.parcels, ORDER.paid, NOW)),
    isHalted: () => this.#become(halt(this.parcels, ORDER.halt, NOW)),
    bookingBegins: () => this.#begin(this.#bookings.shift()),
    bookingReachesCarrier: () => this.#book(this.#calls.shift()),
    answerOfCarrierIsKept: () => this.#keep(this.#answers.shift()),
    recallReachesCarrier: () => void this.withCarrier.delete(this.#recalls.shift() ?? 'nothing'),
  };

  /** Runs until no message is left. */
  runToEnd(): void {
    const { bookingBegins, bookingReachesCarrier, answerOfCarrierIsKept, recallReachesCarrier } = this.happenings;
    while ([this.#bookings, this.#calls, this.#answers, this.#recalls].some((queue) => queue.length > 0)) {
      for (const happen of [bookingBegins, bookingReachesCarrier, answerOfCarrierIsKept, recallReachesCarrier])
        happen();
    }
  }

  #begin(id: string | undefined): void {
    if (id !== undefined && needsCarrier(this.parcels[id]!)) this.#calls.push(id);
  }

  #book(id: string | undefined): void {
    if (id === undefined) return;
    this.withCarrier.add(id);
    this.#answers.push(id);
  }

  #keep(id: string | undefined): void {
    if (id !== undefined) this.#become(carrierBooked(this.parcels[id]!, `ref-${id}`, NOW));
  }

  #become(change: Change): void {
    this.parcels = after(this.parcels, change);
    for (const { contract, data } of change.messages ?? []) {
      const queue = { 'logistics.book': this.#bookings, 'logistics.recall': this.#recalls }[contract.type];
      queue?.push((data as { parcelId: string }).parcelId);
    }
  }
}

const underWay = fc.array(
  fc.constantFrom('bookingBegins', 'bookingReachesCarrier', 'answerOfCarrierIsKept', 'recallReachesCarrier'),
  { maxLength: 12 },
);

it('leaves no halted parcel with the carrier and takes every other one there, though bookings, answers and recalls cross', () => {
  fc.assert(
    fc.property(underWay, fc.subarray(['isHalted'] as const), underWay, (before, halting, then) => {
      const world = new World();
      for (const happening of ['isPaid', ...before, ...halting, ...then] as const) world.happenings[happening]();
      world.runToEnd();
      expect([...world.withCarrier].sort()).toEqual(halting.length > 0 ? [] : [...IDS].sort());
    }),
  );
});
