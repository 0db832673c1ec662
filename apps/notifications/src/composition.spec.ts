import {
  AccountRegistered,
  AccountVerified,
  CodeIssued,
  type Contract,
  IN_INBOX,
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
import { announce, type Fact, type OrderFact } from './notice.js';
import type { Decision, State } from './tables.js';
import { deliveryId, noticeId, sendCode, notify as decide, verify as proof, welcome as meet } from './composition.js';
import { release as letGo } from './release.js';
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
/** Of another order each time. */
const another = () =>
  fact(OrderShipped, { ...about, orderId: `a1b2c3d4-0000-8000-9000-${String(++facts).padStart(12, '0')}` });
const awaiting = fact(OrderAwaitingPayment, { ...about, total, payBy: '2026-01-01T12:30:00.000Z' });

const NOW = new Date('2026-01-01T12:00:01.000Z');
const LIMITS: TextLimits = { textsPerAccount: 50, codesPerNumber: 3, emailsPerAccount: 50 };
const verified = fact(AccountVerified, { userId, phone: '+15550001', version: 2 });
const compose = (state: State, message: OrderFact, now = NOW): Decision => decide(state, message, LIMITS, now);
const welcome = (state: State, message: Message<typeof AccountRegistered>): Decision =>
  meet(state, message, LIMITS, NOW);
const verify = (state: State): Decision => proof(state, verified, NOW);
const release = (state: State): Decision => letGo(state, userId, LIMITS, NOW);

const nobody: State = { numbers: {}, recipients: {}, deliveries: {}, texts: {}, watches: {} };
/** The state after a decision, as the tables store it. */
const after = (state: State, { state: changes = {}, append }: Decision): State => ({
  ...state,
  deliveries: { ...state.deliveries, ...changes.deliveries },
  numbers: { ...state.numbers, ...changes.numbers },
  recipients: { ...state.recipients, ...changes.recipients },
  texts: {
    ...state.texts,
    ...Object.fromEntries((append?.waitingTexts ?? []).map((text) => [text.id, stored(text)])),
    ...changes.texts,
  },
});
let decidedAt = NOW.getTime() - 86_400_000;
const stored = (text: { id: string; userId: string; about: string; text: string; askedAt: null; version: number }) => ({
  ...text,
  phone: null,
  createdAt: new Date(++decidedAt),
});
const withheld = ({ append }: Decision) => (append?.newDeliveries ?? []).filter(({ status }) => status === 'withheld');
const inboxOf = ({ state: { deliveries = {} } = {} }: Decision) =>
  Object.values(deliveries).flatMap((delivery) => (delivery?.channel === 'inbox' ? [delivery] : []));
const sent = ({ messages = [] }: Decision) =>
  messages.map(({ contract, data }) => ({
    by: contract.type,
    ...(data as { id: string; text: string; phone?: string }),
  }));

describe('announce', () => {
  it.each<[Fact, string[], string]>([
    [registered, ['sms'], 'Your code is 123456. It is good for ten minutes.'],
    [
      awaiting,
      ['sms', 'email', 'inbox'],
      'Order a1b2c3d4 is reserved for you. Please pay $42.05 by 2026-01-01 12:30 UTC.',
    ],
    [
      fact(OrderPaid, { ...about, total }),
      ['sms', 'email', 'inbox'],
      'Thank you: $42.05 received for order a1b2c3d4. We are packing it.',
    ],
    [
      fact(OrderPaid, { ...about, total: { amount: 0, currency: 'USD' } }),
      ['sms', 'email', 'inbox'],
      'Thank you: there is nothing to pay for order a1b2c3d4. We are packing it.',
    ],
    [shipped, ['sms', 'email', 'inbox'], 'Order a1b2c3d4 is on its way.'],
    [fact(OrderCompleted, { ...about, total }), ['email', 'inbox'], 'Order a1b2c3d4 has arrived. Enjoy!'],
    [
      fact(OrderRejected, { ...about, reason: 'out_of_stock' }),
      ['sms', 'email', 'inbox'],
      'We are sorry: order a1b2c3d4 could not be taken, because something in it is out of stock.',
    ],
    [
      fact(OrderRejected, { ...about, reason: 'unknown_product' }),
      ['sms', 'email', 'inbox'],
      'We are sorry: order a1b2c3d4 could not be taken, because something in it is no longer sold.',
    ],
    [
      fact(OrderRejected, { ...about, reason: 'not_orderable' }),
      ['sms', 'email', 'inbox'],
      'We are sorry: order a1b2c3d4 could not be taken, because its lines cannot be one order.',
    ],
    [
      fact(OrderCancelled, { ...about, reason: 'payment_timeout' }),
      ['sms', 'email', 'inbox'],
      'Order a1b2c3d4 is cancelled, because it was not paid in time.',
    ],
    [
      fact(OrderCancelled, { ...about, reason: 'customer' }),
      ['sms', 'email', 'inbox'],
      'Order a1b2c3d4 is cancelled, as you asked.',
    ],
    [
      fact(OrderCancelled, { ...about, reason: 'coupon_rejected' }),
      ['sms', 'email', 'inbox'],
      'Order a1b2c3d4 is cancelled, because the coupon is not valid.',
    ],
    [
      fact(OrderCancelled, { ...about, reason: 'processing_timeout' }),
      ['sms', 'email', 'inbox'],
      'Order a1b2c3d4 is cancelled, because it could not be made ready in time.',
    ],
    [
      fact(OrderCancellationRefused, about),
      ['sms', 'email', 'inbox'],
      'Order a1b2c3d4 could not be cancelled any more: it has left.',
    ],
    [
      fact(OrderPaidTooLate, { ...about, amount: total }),
      ['sms', 'email', 'inbox'],
      '$42.05 was taken for order a1b2c3d4 after it had ended. You get it back.',
    ],
    [
      fact(PaymentRefunded, { ...about, paymentId: orderId, amount: total }),
      ['sms', 'email', 'inbox'],
      'Refund: $42.05 for order a1b2c3d4 is on its way back to your card.',
    ],
  ])('composes the notice of $type', (message, channels, text) => {
    const secret = { recorded: 'A code (1), good for ten minutes.', goodForMs: 600_000 };
    expect(channels.includes('inbox')).toBe(IN_INBOX.some(({ type }) => type === message.type));
    const { subject, ...announced } = announce(message, 'en');
    expect(subject).toBe(message === registered ? undefined : 'Your order a1b2c3d4');
    expect(announced).toEqual({
      channels,
      text,
      ...(message === registered ? { about: 'verification', ...secret } : { about: `orders/${orderId}` }),
    });
  });

  it('names a fact without a notice', () => {
    expect(() => announce({ ...shipped, type: 'order.priced' } as unknown as Fact, 'en')).toThrow(/order\.priced/);
  });
});

describe('the composition of deliveries', () => {
  const met = after(nobody, welcome(nobody, registered));
  const verifiedState = after(met, verify(met));

  it('sends the text and records the inbox entry, under ids that are the same every time', () => {
    const decision = compose(verifiedState, shipped);
    expect(sent(decision)).toEqual([
      expect.objectContaining({
        by: 'delivery.sms',
        id: noticeId(shipped, 'sms'),
        phone: '+15550001',
      }),
    ]);
    expect(inboxOf(decision)).toEqual([
      {
        ...{ id: noticeId(shipped, 'inbox'), userId, channel: 'inbox', about: `orders/${orderId}` },
        ...{ text: 'Order a1b2c3d4 is on its way.', status: 'kept', createdAt: NOW, sentAt: NOW, version: 1 },
        ...{ providerReference: null, reason: null, sequence: 1 },
      },
    ]);
    expect(noticeId(shipped, 'inbox')).not.toBe(noticeId(shipped, 'sms'));
    expect(compose(verifiedState, shipped)).toEqual(decision);
  });

  it('numbers the entries of each inbox from 1, without a gap', () => {
    let state = nobody;
    const entries = [awaiting, registered, shipped, verified, fact(OrderCompleted, { ...about, total })].flatMap(
      (each) => {
        const decision =
          each === registered
            ? welcome(state, registered)
            : each === verified
              ? verify(state)
              : compose(state, each as OrderFact);
        state = after(state, decision);
        return inboxOf(decision);
      },
    );
    expect(entries.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(state.recipients[userId]).toMatchObject({ entries: 3 });
  });

  it('announces a fact once, also when it is published again under another message id', () => {
    const state = after(verifiedState, compose(verifiedState, shipped));
    const again = { ...shipped, id: '0190a6b0-0000-7000-9000-00000000ffff' };
    expect(compose(state, again)).toEqual({});
    expect(inboxOf(compose(state, another()))).toHaveLength(1);
  });

  it('gives the fact of another order other ids, though its text is the same', () => {
    const [one, other] = [shipped, another()].map((each) => compose(verifiedState, each));
    expect(sent(one!)[0]!.id).not.toBe(sent(other!)[0]!.id);
    expect(inboxOf(one!)[0]!.id).not.toBe(inboxOf(other!)[0]!.id);
  });

  it('sends only codes to a number that is not verified, and records the withheld texts', () => {
    expect(sent(welcome(nobody, registered)).map(({ by, text }) => [by, text])).toEqual([
      ['delivery.sms', 'Your code is 123456. It is good for ten minutes.'],
    ]);
    const decision = compose(met, shipped);
    expect([sent(decision), inboxOf(decision).length]).toEqual([[], 1]);
    expect(withheld(decision)).toEqual([
      expect.objectContaining({
        id: noticeId(shipped, 'sms'),
        channel: 'sms',
        reason: expect.stringContaining('not verified'),
        sentAt: null,
      }),
    ]);
    expect(decision.append?.newTexts).toEqual([]);
  });

  it('withholds waiting texts when the number arrives unverified, and sends them when it arrives verified', () => {
    const waiting = after(nobody, compose(nobody, awaiting));
    expect(release(waiting)).toEqual({});
    const unverified = release(after(waiting, welcome(waiting, registered)));
    expect([sent(unverified), withheld(unverified).length]).toEqual([[], 1]);
    const verifiedNow = release(after(waiting, verify(waiting)));
    expect([sent(verifiedNow).map(({ text }) => text.slice(0, 9)), withheld(verifiedNow).length]).toEqual([
      ['Order a1b'],
      0,
    ]);
    expect(after(waiting, verifiedNow)).toMatchObject({
      recipients: { [userId]: { phone: '+15550001', verifiedAt: NOW, texts: 1 } },
      texts: { [noticeId(awaiting, 'sms')]: { phone: '+15550001', askedAt: NOW, createdAt: NOW } },
    });
  });

  it.each([
    ['withheld', welcome],
    ['sent', verify],
  ] as const)('a text that waited and was %s waits no more', (_, arrive) => {
    const waiting = after(nobody, compose(nobody, awaiting));
    const arrived = after(waiting, arrive(waiting, registered));
    const released = after(arrived, release(arrived));
    expect(Object.values(released.texts).map((text) => text?.askedAt)).toEqual([NOW]);
    expect(release(released)).toEqual({});
  });

  it('adds a row for a text that waits, and changes no row that grows with their number', () => {
    const first = compose(nobody, awaiting);
    expect(first.append?.waitingTexts).toEqual([
      {
        ...{ id: noticeId(awaiting, 'sms'), userId, about: `orders/${orderId}`, askedAt: null },
        ...{ text: expect.stringContaining('Please pay'), version: 1 },
      },
    ]);
    const recipient = { phone: null, waiting: [], texts: 0 };
    expect(first.state?.recipients).toEqual({ [userId]: expect.objectContaining({ ...recipient, entries: 1 }) });
    const second = compose(after(nobody, first), shipped);
    expect(second.state?.recipients).toEqual({ [userId]: expect.objectContaining({ ...recipient, entries: 2 }) });
    expect(second.append?.waitingTexts?.length).toBe(1);
  });

  it('releases waiting texts oldest first, those of the version before ahead of all', () => {
    const facts = Array.from({ length: 60 }, another);
    const waiting = facts.reduce((state, each) => after(state, compose(state, each)), nobody);
    const old = { id: noticeId(shipped, 'sms'), about: `orders/${orderId}`, text: 'Of before.' };
    const verifiedNow = after(waiting, verify(waiting));
    const recipient = { ...verifiedNow.recipients[userId]!, waiting: [old] };
    const decision = release({ ...verifiedNow, recipients: { [userId]: recipient } });
    const expected = [old.id, ...facts.map((each) => noticeId(each, 'sms'))];
    expect(sent(decision).map(({ id }) => id)).toEqual(expected.slice(0, 50));
    expect(withheld(decision).map(({ id }) => id)).toEqual(expected.slice(50));
    expect(decision.append?.newTexts?.map(({ id }) => id)).toEqual([old.id]);
    expect(decision.state?.recipients?.[userId]).toMatchObject({ waiting: [], texts: 50 });
  });

  it('sends an account 50 texts a day, and withholds the others; the inbox has all', () => {
    let state = verifiedState;
    const decisions = Array.from({ length: 60 }, () => {
      const decision = compose(state, another());
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
    expect(decisions.flatMap(inboxOf)).toHaveLength(60);
    expect(sent(compose(state, another(), new Date(NOW.getTime() + 86_400_000)))).toHaveLength(1);
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
            const decide = (decision: Decision): void => {
              state = after(state, decision);
              decided.push(...sent(decision).map(({ id }) => id), ...withheld(decision).map(({ id }) => id));
            };
            if (arrival === registered) decide(welcome(state, registered));
            else if (arrival === verified) decide(verify(state));
            else decide(compose(state, arrival as OrderFact));
            if (arrival === registered || arrival === verified) decide(release(state));
          }
          expect(decided.sort()).toEqual(
            arrivals
              .filter((arrival) => arrival !== verified)
              .map((arrival) =>
                arrival === registered
                  ? deliveryId(registered.id, userId, 'sms')
                  : noticeId(arrival as OrderFact, 'sms'),
              )
              .sort(),
          );
        },
      ),
    );
  });

  it('stores each text that it sends until its outcome is recorded, and none that waits for a number', () => {
    expect(compose(nobody, awaiting).append?.newTexts ?? []).toEqual([]);
    const sms = sent(compose(verifiedState, shipped)).find(({ by }) => by === 'delivery.sms')!;
    expect(compose(verifiedState, shipped).append?.newTexts).toEqual([
      { id: sms.id, userId, about: `orders/${orderId}`, text: sms.text, phone: '+15550001', version: 1 },
    ]);
  });

  it('keeps no text waiting for a fact without a text', () => {
    const decision = compose(nobody, fact(OrderCompleted, { ...about, total }));
    expect([decision.append?.waitingTexts, sent(decision)]).toEqual([[], []]);
    expect(inboxOf(decision)).toHaveLength(1);
  });

  it('puts nothing into the inbox for a fact with only a text', () => {
    const decision = welcome(nobody, registered);
    expect([sent(decision).map(({ by }) => by), inboxOf(decision)]).toEqual([['delivery.sms'], []]);
  });
});
