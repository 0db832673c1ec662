import { AccountRegistered, type Contract, type Message, OrderAwaitingPayment, OrderCancellationRefused, OrderCancelled, OrderCompleted, OrderPaid, OrderRejected, OrderShipped } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { announce, type Fact } from './notices.js';
import type { Decision, State } from './tables.js';
import { deliveryId, tell as decide, welcome } from './telling.js';

const userId = '0190a6b0-0000-7000-8000-000000000002';
const orderId = 'a1b2c3d4-0000-8000-8000-000000000001';
const total = { amount: 4_205, currency: 'USD' };
const about = { orderId, userId, version: 3 };

let facts = 0;
const fact = <C extends Contract>({ type, version }: C, data: object): Message<C> =>
  ({ id: `0190a6b0-0000-7000-9000-${String(++facts).padStart(12, '0')}`, type, version, correlationId: 'c', time: '2026-01-01T12:00:00.000Z', data }) as Message<C>;

const registered = fact(AccountRegistered, { userId, phone: '+15550001', name: 'Ann', code: '123456', version: 1 });
const shipped = fact(OrderShipped, about);
const awaiting = fact(OrderAwaitingPayment, { ...about, total, payBy: '2026-01-01T12:30:00.000Z' });

const NOW = new Date('2026-01-01T12:00:01.000Z');
const tell = (state: State, message: Fact): Decision => decide(state, message, NOW);

const nobody: State = { recipients: {}, deliveries: {}, texts: {} };
const after = (state: State, { state: changes = {} }: Decision): State => ({ ...state, recipients: { ...state.recipients, ...changes.recipients } });
const told = ({ messages = [] }: Decision) => messages.map(({ contract, data }) => ({ by: contract.type, ...(data as { id: string; text: string; phone?: string }) }));

describe('announce', () => {
  it.each<[Fact, string[], string]>([
    [registered, ['sms'], 'Your code is 123456. It is good for ten minutes.'],
    [awaiting, ['sms', 'inbox'], 'Order a1b2c3d4 is reserved for you. Please pay $42.05 by 2026-01-01 12:30 UTC.'],
    [fact(OrderPaid, { ...about, total }), ['sms', 'inbox'], 'Thank you: $42.05 received for order a1b2c3d4. We are packing it.'],
    [fact(OrderPaid, { ...about, total: { amount: 0, currency: 'USD' } }), ['sms', 'inbox'], 'Thank you: there is nothing to pay for order a1b2c3d4. We are packing it.'],
    [shipped, ['sms', 'inbox'], 'Order a1b2c3d4 is on its way.'],
    [fact(OrderCompleted, { ...about, total }), ['inbox'], 'Order a1b2c3d4 has arrived. Enjoy!'],
    [fact(OrderRejected, { ...about, reason: 'out_of_stock' }), ['sms', 'inbox'], 'We are sorry: order a1b2c3d4 could not be taken, because something in it is out of stock.'],
    [fact(OrderRejected, { ...about, reason: 'unknown_product' }), ['sms', 'inbox'], 'We are sorry: order a1b2c3d4 could not be taken, because something in it is no longer sold.'],
    [fact(OrderRejected, { ...about, reason: 'not_orderable' }), ['sms', 'inbox'], 'We are sorry: order a1b2c3d4 could not be taken, because its lines cannot be one order.'],
    [fact(OrderCancelled, { ...about, reason: 'payment_timeout' }), ['sms', 'inbox'], 'Order a1b2c3d4 is cancelled, because it was not paid in time.'],
    [fact(OrderCancelled, { ...about, reason: 'customer' }), ['sms', 'inbox'], 'Order a1b2c3d4 is cancelled, as you asked.'],
    [fact(OrderCancelled, { ...about, reason: 'coupon_rejected' }), ['sms', 'inbox'], 'Order a1b2c3d4 is cancelled, because the coupon is not valid.'],
    [fact(OrderCancelled, { ...about, reason: 'processing_timeout' }), ['sms', 'inbox'], 'Order a1b2c3d4 is cancelled, because it could not be made ready in time.'],
    [fact(OrderCancellationRefused, about), ['sms', 'inbox'], 'Order a1b2c3d4 could not be cancelled any more: it has left.'],
  ])('says what $type means to its person', (message, channels, text) => {
    expect(announce(message)).toEqual({ channels, text, about: message === registered ? 'verification' : `orders/${orderId}` });
  });

  it('names a fact of which nobody is told anything', () => {
    expect(() => announce({ ...shipped, type: 'order.priced' } as unknown as Fact)).toThrow(/order\.priced/);
  });
});

describe('tell', () => {
  const known = after(nobody, welcome(nobody, registered));

  it('sends a fact over each of its channels, under ids that are the same every time', () => {
    const deliveries = told(tell(known, shipped));
    expect(deliveries.map(({ by, phone }) => [by, phone])).toEqual([['delivery.inbox', undefined], ['delivery.sms', '+15550001']]);
    expect(deliveries.map(({ id }) => id)).toEqual([deliveryId(shipped.id, userId, 'inbox'), deliveryId(shipped.id, userId, 'sms')]);
    expect(new Set(deliveries.map(({ id }) => id)).size).toBe(2);
    expect(told(tell(known, shipped))).toEqual(deliveries);
  });

  it('gives another fact other ids, though it says the same', () => {
    expect(told(tell(known, shipped))[0]!.id).not.toBe(told(tell(known, fact(OrderShipped, about)))[0]!.id);
  });

  it('fills the inbox of a person whose number is not known yet, and sends the texts when it is', () => {
    const early = tell(nobody, awaiting);
    const waiting = after(nobody, early);
    const more = after(waiting, tell(waiting, shipped));
    expect(told(early).map(({ by }) => by)).toEqual(['delivery.inbox']);
    const met = welcome(more, registered);
    expect(told(met).map(({ by, phone, text }) => [by, phone, text.slice(0, 9)])).toEqual([
      ['delivery.sms', '+15550001', 'Your code'],
      ['delivery.sms', '+15550001', 'Order a1b'],
      ['delivery.sms', '+15550001', 'Order a1b'],
    ]);
    expect(after(more, met).recipients[userId]).toMatchObject({ phone: '+15550001', waiting: [], version: 3 });
  });

  it('texts every fact once, whenever the number comes to be known', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([awaiting, shipped, fact(OrderPaid, { ...about, total })]), fc.nat({ max: 3 }), (before, position) => {
        const arrivals: Fact[] = [...before.slice(0, position), registered, ...before.slice(position)];
        let state = nobody;
        const texted: string[] = [];
        for (const arrival of arrivals) {
          const decision = arrival === registered ? welcome(state, registered) : tell(state, arrival);
          state = after(state, decision);
          texted.push(...told(decision).flatMap(({ by, id }) => (by === 'delivery.sms' ? [id] : [])));
        }
        expect(texted.sort()).toEqual(arrivals.map(({ id }) => deliveryId(id, userId, 'sms')).sort());
      }),
    );
  });

  it('keeps each text that it sends until its outcome is recorded, and none that waits for a number', () => {
    const waiting = after(nobody, tell(nobody, awaiting));
    expect(tell(nobody, awaiting).append?.newTexts ?? []).toEqual([]);
    const sms = told(tell(known, shipped)).find(({ by }) => by === 'delivery.sms')!;
    expect(tell(known, shipped).append?.newTexts).toEqual([{ id: sms.id, userId, about: `orders/${orderId}`, text: sms.text, phone: '+15550001', version: 1 }]);
    const met = welcome(waiting, registered);
    expect(met.append?.newTexts?.map(({ id }) => id)).toEqual(told(met).map(({ id }) => id));
    expect(met.append?.newTexts).toHaveLength(2);
  });

  it('keeps the latest 100 texts for a number that is not known, and records that the earlier ones are not sent', () => {
    let state = nobody;
    const facts = Array.from({ length: 101 }, () => fact(OrderShipped, about));
    const decisions = facts.map((each) => {
      const decision = tell(state, each);
      state = after(state, decision);
      return decision;
    });
    expect(state.recipients[userId]!.waiting.map(({ id }) => id)).toEqual(facts.slice(1).map(({ id }) => deliveryId(id, userId, 'sms')));
    expect(decisions.slice(0, 100).flatMap(({ append }) => append?.newDeliveries ?? [])).toEqual([]);
    const dropped = { id: deliveryId(facts[0]!.id, userId, 'sms'), userId, channel: 'sms', about: `orders/${orderId}`, text: expect.any(String), status: 'expired', reason: '100 later texts wait for the phone number' };
    expect(decisions[100]!.append?.newDeliveries).toEqual([{ ...dropped, providerReference: null, createdAt: NOW, sentAt: null, version: 1 }]);
  });

  it('keeps nothing waiting for a fact that is not texted', () => {
    const decision = tell(nobody, fact(OrderCompleted, { ...about, total }));
    expect([decision.state, told(decision).map(({ by }) => by)]).toEqual([undefined, ['delivery.inbox']]);
  });

  it('puts nothing into the inbox for a fact that is only texted', () => {
    expect(told(tell(known, registered)).map(({ by }) => by)).toEqual(['delivery.sms']);
  });
});
