import {
  AccountRegistered,
  AccountVerified,
  CodeIssued,
  type Contract,
  type Message,
  OrderAwaitingPayment,
  OrderCancellationRefused,
  OrderCancelled,
  OrderCompleted,
  OrderPaid,
  OrderPaidTooLate,
  OrderRejected,
  OrderShipped,
  PaymentRefunded,
} from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { announce, type Fact } from './notice.js';
import type { Decision, State } from './tables.js';
import { deliveryId, sendCode, notify as decide, verify as proof, welcome as meet } from './composition.js';
import type { TextLimits } from './text-limit.js';

const userId = '0190a6b0-0000-7000-8000-000000000002';
const orderId = 'a1b2c3d4-0000-8000-8000-000000000001';
const total = { amount: 4_205, currency: 'USD' };
const about = { orderId, userId, version: 3 };

let facts = 0;
const fact = <C extends Contract>({ type, version }: C, data: object): Message<C> =>
  ({
    id: `0190a6b0-0000-7000-9000-${String(++facts).padStart(12, '0')}`,
    type,
    version,
    correlationId: 'c',
    time: '2026-01-01T12:00:00.000Z',
    data,
  }) as Message<C>;

const registered = fact(AccountRegistered, { userId, phone: '+15550001', name: 'Ann', code: '123456', version: 1 });
const shipped = fact(OrderShipped, about);
const awaiting = fact(OrderAwaitingPayment, { ...about, total, payBy: '2026-01-01T12:30:00.000Z' });

const NOW = new Date('2026-01-01T12:00:01.000Z');
const LIMITS: TextLimits = { textsPerAccount: 50, codesPerNumber: 3 };
const verified = fact(AccountVerified, { userId, phone: '+15550001', version: 2 });
const compose = (state: State, message: Fact, now = NOW): Decision => decide(state, message, LIMITS, now);
const welcome = (state: State, message: Message<typeof AccountRegistered>): Decision =>
  meet(state, message, LIMITS, NOW);
const verify = (state: State): Decision => proof(state, verified, LIMITS, NOW);

const nobody: State = { numbers: {}, recipients: {}, deliveries: {}, texts: {} };
const after = (state: State, { state: changes = {} }: Decision): State => ({
  ...state,
  numbers: { ...state.numbers, ...changes.numbers },
  recipients: { ...state.recipients, ...changes.recipients },
});
const withheld = ({ append }: Decision) => (append?.newDeliveries ?? []).filter(({ status }) => status === 'withheld');
const sent = ({ messages = [] }: Decision) =>
  messages.map(({ contract, data }) => ({
    by: contract.type,
    ...(data as { id: string; text: string; phone?: string }),
  }));

describe('announce', () => {
  it.each<[Fact, string[], string]>([
    [registered, ['sms'], 'Your code is 123456. It is good for ten minutes.'],
    [awaiting, ['sms', 'inbox'], 'Order a1b2c3d4 is reserved for you. Please pay $42.05 by 2026-01-01 12:30 UTC.'],
    [
      fact(OrderPaid, { ...about, total }),
      ['sms', 'inbox'],
      'Thank you: $42.05 received for order a1b2c3d4. We are packing it.',
    ],
    [
      fact(OrderPaid, { ...about, total: { amount: 0, currency: 'USD' } }),
      ['sms', 'inbox'],
      'Thank you: there is nothing to pay for order a1b2c3d4. We are packing it.',
    ],
    [shipped, ['sms', 'inbox'], 'Order a1b2c3d4 is on its way.'],
    [fact(OrderCompleted, { ...about, total }), ['inbox'], 'Order a1b2c3d4 has arrived. Enjoy!'],
    [
      fact(OrderRejected, { ...about, reason: 'out_of_stock' }),
      ['sms', 'inbox'],
      'We are sorry: order a1b2c3d4 could not be taken, because something in it is out of stock.',
    ],
    [
      fact(OrderRejected, { ...about, reason: 'unknown_product' }),
      ['sms', 'inbox'],
      'We are sorry: order a1b2c3d4 could not be taken, because something in it is no longer sold.',
    ],
    [
      fact(OrderRejected, { ...about, reason: 'not_orderable' }),
      ['sms', 'inbox'],
      'We are sorry: order a1b2c3d4 could not be taken, because its lines cannot be one order.',
    ],
    [
      fact(OrderCancelled, { ...about, reason: 'payment_timeout' }),
      ['sms', 'inbox'],
      'Order a1b2c3d4 is cancelled, because it was not paid in time.',
    ],
    [
      fact(OrderCancelled, { ...about, reason: 'customer' }),
      ['sms', 'inbox'],
      'Order a1b2c3d4 is cancelled, as you asked.',
    ],
    [
      fact(OrderCancelled, { ...about, reason: 'coupon_rejected' }),
      ['sms', 'inbox'],
      'Order a1b2c3d4 is cancelled, because the coupon is not valid.',
    ],
    [
      fact(OrderCancelled, { ...about, reason: 'processing_timeout' }),
      ['sms', 'inbox'],
      'Order a1b2c3d4 is cancelled, because it could not be made ready in time.',
    ],
    [
      fact(OrderCancellationRefused, about),
      ['sms', 'inbox'],
      'Order a1b2c3d4 could not be cancelled any more: it has left.',
    ],
    [
      fact(OrderPaidTooLate, { ...about, amount: total }),
      ['sms', 'inbox'],
      '$42.05 was taken for order a1b2c3d4 after it had ended. You get it back.',
    ],
    [
      fact(PaymentRefunded, { ...about, paymentId: orderId, amount: total }),
      ['sms', 'inbox'],
      'Refund: $42.05 for order a1b2c3d4 is on its way back to your card.',
    ],
  ])('composes the notice of $type', (message, channels, text) => {
    const secret = { recorded: 'A code (1), good for ten minutes.', goodForMs: 600_000 };
    expect(announce(message)).toEqual({
      channels,
      text,
      ...(message === registered ? { about: 'verification', ...secret } : { about: `orders/${orderId}` }),
    });
  });

  it('names a fact without a notice', () => {
    expect(() => announce({ ...shipped, type: 'order.priced' } as unknown as Fact)).toThrow(/order\.priced/);
  });
});

describe('the composition of deliveries', () => {
  const met = after(nobody, welcome(nobody, registered));
  const verifiedState = after(met, verify(met));

  it('sends a fact over each of its channels, under ids that are the same every time', () => {
    const deliveries = sent(compose(verifiedState, shipped));
    expect(deliveries.map(({ by, phone }) => [by, phone])).toEqual([
      ['delivery.inbox', undefined],
      ['delivery.sms', '+15550001'],
    ]);
    expect(deliveries.map(({ id }) => id)).toEqual([
      deliveryId(shipped.id, userId, 'inbox'),
      deliveryId(shipped.id, userId, 'sms'),
    ]);
    expect(new Set(deliveries.map(({ id }) => id)).size).toBe(2);
    expect(sent(compose(verifiedState, shipped))).toEqual(deliveries);
  });

  it('gives another fact other ids, though its text is the same', () => {
    expect(sent(compose(verifiedState, shipped))[0]!.id).not.toBe(
      sent(compose(verifiedState, fact(OrderShipped, about)))[0]!.id,
    );
  });

  it('sends only codes to a number that is not verified, and records the withheld texts', () => {
    expect(sent(welcome(nobody, registered)).map(({ by, text }) => [by, text])).toEqual([
      ['delivery.sms', 'Your code is 123456. It is good for ten minutes.'],
    ]);
    const decision = compose(met, shipped);
    expect(sent(decision).map(({ by }) => by)).toEqual(['delivery.inbox']);
    expect(withheld(decision)).toEqual([
      expect.objectContaining({
        id: deliveryId(shipped.id, userId, 'sms'),
        channel: 'sms',
        reason: expect.stringContaining('not verified'),
        sentAt: null,
      }),
    ]);
    expect(decision.append?.newTexts).toEqual([]);
  });

  it('withholds waiting texts when the number arrives unverified, and sends them when it arrives verified', () => {
    const waiting = after(nobody, compose(nobody, awaiting));
    const unverified = welcome(waiting, registered);
    expect([sent(unverified).map(({ text }) => text.slice(0, 9)), withheld(unverified).length]).toEqual([
      ['Your code'],
      1,
    ]);
    const verifiedNow = verify(waiting);
    expect([sent(verifiedNow).map(({ text }) => text.slice(0, 9)), withheld(verifiedNow).length]).toEqual([
      ['Order a1b'],
      0,
    ]);
    expect(after(waiting, verifiedNow).recipients[userId]).toMatchObject({
      phone: '+15550001',
      verifiedAt: NOW,
      waiting: [],
      texts: 1,
    });
  });

  it('sends an account 50 texts a day, and withholds the others; the inbox has all', () => {
    let state = verifiedState;
    const decisions = Array.from({ length: 60 }, () => {
      const decision = compose(state, fact(OrderShipped, about));
      state = after(state, decision);
      return decision;
    });
    expect(decisions.map((decision) => sent(decision).filter(({ by }) => by === 'delivery.sms').length)).toEqual([
      ...Array<number>(50).fill(1),
      ...Array<number>(10).fill(0),
    ]);
    expect(decisions.flatMap(withheld).map(({ reason }) => reason)).toEqual(
      Array(10).fill('the daily limit of texts to this number is reached'),
    );
    expect(decisions.flatMap(sent).filter(({ by }) => by === 'delivery.inbox')).toHaveLength(60);
    expect(sent(compose(state, fact(OrderShipped, about), new Date(NOW.getTime() + 86_400_000)))).toHaveLength(2);
  });

  it('sends a number a limited number of codes a day, for all accounts, and stores none of them', () => {
    let state = nobody;
    const decisions = Array.from({ length: 5 }, (_, n) => {
      const decision = sendCode(
        state,
        fact(CodeIssued, {
          userId: `0190a6b0-0000-7000-8000-00000000000${n}`,
          phone: '+15550001',
          code: '654321',
          version: 3,
        }),
        LIMITS,
        NOW,
      );
      state = after(state, decision);
      return decision;
    });
    expect(decisions.map((decision) => sent(decision).length)).toEqual([1, 1, 1, 0, 0]);
    expect(sent(decisions[0]!)).toEqual([
      expect.objectContaining({
        recorded: 'A code (3), good for ten minutes.',
        until: new Date(NOW.getTime() + 600_000).toISOString(),
      }),
    ]);
    expect(decisions.flatMap(withheld).map(({ text }) => text)).toEqual(
      Array(2).fill('A code (3), good for ten minutes.'),
    );
    expect(JSON.stringify(decisions.map(({ state: changed, append }) => [changed, append]))).not.toContain('654321');
  });

  it('texts or withholds every fact once, whenever the number arrives and is verified', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([awaiting, shipped, fact(OrderPaid, { ...about, total }), registered, verified], {
          minLength: 5,
        }),
        (arrivals) => {
          let state = nobody;
          const decided: string[] = [];
          for (const arrival of arrivals) {
            const decision =
              arrival === registered
                ? welcome(state, registered)
                : arrival === verified
                  ? verify(state)
                  : compose(state, arrival as Fact);
            state = after(state, decision);
            decided.push(
              ...sent(decision).flatMap(({ by, id }) => (by === 'delivery.sms' ? [id] : [])),
              ...withheld(decision).map(({ id }) => id),
            );
          }
          expect(decided.sort()).toEqual(
            arrivals
              .filter((arrival) => arrival !== verified)
              .map(({ id }) => deliveryId(id, userId, 'sms'))
              .sort(),
          );
        },
      ),
    );
  });

  it('stores each text that it sends until its outcome is recorded, and none that waits for a number', () => {
    const waiting = after(nobody, compose(nobody, awaiting));
    expect(compose(nobody, awaiting).append?.newTexts ?? []).toEqual([]);
    const sms = sent(compose(verifiedState, shipped)).find(({ by }) => by === 'delivery.sms')!;
    expect(compose(verifiedState, shipped).append?.newTexts).toEqual([
      { id: sms.id, userId, about: `orders/${orderId}`, text: sms.text, phone: '+15550001', version: 1 },
    ]);
    expect(verify(waiting).append?.newTexts?.map(({ id }) => id)).toEqual(sent(verify(waiting)).map(({ id }) => id));
    expect(verify(waiting).append?.newTexts).toHaveLength(1);
  });

  it('keeps the latest 100 texts for a missing number, and records that the earlier ones are not sent', () => {
    let state = nobody;
    const facts = Array.from({ length: 101 }, () => fact(OrderShipped, about));
    const decisions = facts.map((each) => {
      const decision = compose(state, each);
      state = after(state, decision);
      return decision;
    });
    expect(state.recipients[userId]!.waiting.map(({ id }) => id)).toEqual(
      facts.slice(1).map(({ id }) => deliveryId(id, userId, 'sms')),
    );
    expect(decisions.slice(0, 100).flatMap(({ append }) => append?.newDeliveries ?? [])).toEqual([]);
    const dropped = {
      id: deliveryId(facts[0]!.id, userId, 'sms'),
      userId,
      channel: 'sms',
      about: `orders/${orderId}`,
      text: expect.any(String),
      status: 'expired',
      reason: '100 later texts wait for the phone number',
    };
    expect(decisions[100]!.append?.newDeliveries).toEqual([
      { ...dropped, providerReference: null, createdAt: NOW, sentAt: null, version: 1 },
    ]);
  });

  it('keeps no text waiting for a fact without a text', () => {
    const decision = compose(nobody, fact(OrderCompleted, { ...about, total }));
    expect([decision.state, sent(decision).map(({ by }) => by)]).toEqual([undefined, ['delivery.inbox']]);
  });

  it('puts nothing into the inbox for a fact with only a text', () => {
    expect(sent(welcome(nobody, registered)).map(({ by }) => by)).toEqual(['delivery.sms']);
  });
});
