import { CancelOrder, Pay, PlaceOrder, type Outgoing } from '@sluice/contracts';
import { AT_NO_PRICE, COUPON, DEADLINE_SECONDS, NOW, ORDER, request, USER, WINDOW_SECONDS } from './given.js';
import { Inventory, Logistics, Payments, Promotions, type Fate } from './neighbours.js';
import { Orders } from './orders.js';

export interface Setting extends Fate {
  coupon: boolean;
  /** The shop shows its products at a price of 0. */
  givenAway: boolean;
  payWithinSeconds: number | undefined;
  /** Promotions is down until the order has ended without it. */
  promotionsSleeps: boolean;
}

interface Receiver {
  accepts(message: Outgoing): boolean;
  receive(message: Outgoing, now: Date): Outgoing[];
}

/** A message on its way to one of its receivers; each receives its own copy, at its own time. */
interface PendingDelivery {
  to: Receiver;
  message: Outgoing;
}

/** More deliveries than one order ever needs; beyond it the services send messages in a circle. */
const ENDLESS = 1_000;

/** A single order among correct models of the other services, with a clock and the messages that are not delivered yet. */
export class World {
  readonly orders = new Orders();
  readonly inventory: Inventory;
  readonly promotions: Promotions;
  readonly payments: Payments;
  readonly logistics: Logistics;
  #pending: PendingDelivery[] = [];
  #paused: PendingDelivery[] = [];
  #timers: { due: number; message: Outgoing }[] = [];
  #promotionsSleeps: boolean;
  #now = NOW.getTime();

  constructor({ coupon, givenAway, payWithinSeconds, promotionsSleeps, ...fate }: Setting) {
    [this.inventory, this.promotions, this.payments, this.logistics] = [
      new Inventory(fate),
      new Promotions(fate),
      new Payments(fate),
      new Logistics(fate),
    ];
    this.#promotionsSleeps = promotionsSleeps;
    this.#send([
      PlaceOrder(
        request({ ...(coupon && { coupon: COUPON }), ...(givenAway && { shown: AT_NO_PRICE }), payWithinSeconds }),
      ),
    ]);
  }

  /** Delivers the pending message that `pick` selects. With `again` it stays pending, to be delivered a second time. */
  deliver(pick: number, { again = false } = {}): void {
    const [letter] = this.#pending.splice(pick % this.#pending.length, 1);
    if (!letter) return;
    if (again) this.#pending.push(letter);
    if (letter.to === this.promotions && this.#promotionsSleeps) this.#paused.push(letter);
    else this.#send(letter.to.receive(letter.message, this.#date));
  }

  pay(): void {
    this.#send([Pay({ orderId: ORDER, userId: USER, cardToken: 'tok' })]);
  }

  cancel(): void {
    this.#send([CancelOrder({ orderId: ORDER, userId: USER })]);
  }

  /** Advances the clock; timers that are due become pending messages. */
  wait(seconds: number): void {
    this.#now += seconds * 1_000;
    const due = this.#timers.filter((timer) => timer.due <= this.#now);
    this.#timers = this.#timers.filter((timer) => timer.due > this.#now);
    this.#post(due.map(({ message }) => message));
  }

  /** The broker loses its timers, as when it loses its disk. */
  loseTimers(): void {
    this.#timers = [];
  }

  sweep(): void {
    this.#send(this.orders.sweep(this.#date));
  }

  /** Runs until no message and no timer is left. */
  runToEnd(): void {
    this.#drain();
    this.wait(WINDOW_SECONDS);
    this.#drain();
    this.sweep();
    this.#drain();
    this.wait(2 * Math.max(WINDOW_SECONDS, DEADLINE_SECONDS));
    this.#drain();
    this.sweep();
    this.#drain();
    this.#promotionsSleeps = false;
    this.#pending.push(...this.#paused.splice(0));
    this.#drain();
  }

  get #date(): Date {
    return new Date(this.#now);
  }

  #drain(): void {
    for (let count = 0; this.#pending.length > 0; count += 1) {
      if (count === ENDLESS)
        throw new Error(
          `there is no end of messages: ${this.#pending.map(({ message }) => message.contract.type).join()}`,
        );
      this.deliver(0);
    }
  }

  #send(messages: readonly Outgoing[]): void {
    this.#timers.push(
      ...messages.flatMap((message) =>
        message.delayMs === undefined ? [] : [{ due: this.#now + message.delayMs, message }],
      ),
    );
    this.#post(messages.filter(({ delayMs }) => delayMs === undefined));
  }

  #post(messages: readonly Outgoing[]): void {
    const receivers: readonly Receiver[] = [
      this.orders,
      this.inventory,
      this.promotions,
      this.payments,
      this.logistics,
    ];
    this.#pending.push(
      ...messages.flatMap((message) =>
        receivers.filter((receiver) => receiver.accepts(message)).map((to) => ({ to, message })),
      ),
    );
  }
}
