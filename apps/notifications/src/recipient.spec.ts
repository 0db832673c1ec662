import { CodeIssued, OrderShipped, ProfileChanged, type Contract, type Message } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { noticeId, notify, sendCode } from './composition.js';
import type { OrderFact } from './notice.js';
import { learnProfile, recipientIn } from './recipient.js';
import type { Decision, State } from './tables.js';

const userId = '0190a6b0-0000-7000-8000-000000000002';
const about = { orderId: 'a1b2c3d4-0000-8000-8000-000000000001', userId, version: 3 };
const NOW = new Date('2026-01-01T12:00:01.000Z');
const LIMITS = { textsPerAccount: 50, codesPerNumber: 3, emailsPerAccount: 2 };

let facts = 0;
const fact = <C extends Contract>({ type, version }: C, data: object): Message<C> =>
  ({
    id: `0190a6b0-0000-7000-9000-${String(++facts).padStart(12, '0')}`,
    ...{ type, version, correlationId: 'c', time: '2026-01-01T12:00:00.000Z', data },
  }) as Message<C>;
const shipped = fact(OrderShipped, about);

const nobody: State = { numbers: {}, recipients: {}, deliveries: {}, texts: {}, watches: {} };
const someone = (verifiedAt: Date | null): State => ({
  ...nobody,
  recipients: { [userId]: { ...recipientIn(nobody, userId), phone: '+15550001', verifiedAt, version: 1 } },
});
const [met, verifiedState] = [someone(null), someone(NOW)];
const after = (state: State, { state: changes = {} }: Decision): State => ({
  ...state,
  recipients: { ...state.recipients, ...changes.recipients },
});
const compose = (state: State, message: OrderFact): Decision => notify(state, message, LIMITS, NOW);
const inboxOf = ({ state: { deliveries = {} } = {} }: Decision) => Object.values(deliveries);
const sent = ({ messages = [] }: Decision) =>
  messages.map(({ contract, data }) => ({ by: contract.type, ...(data as { id: string; text: string }) }));

describe('a person with an address', () => {
  const profile = { userId, email: 'ann@example.org', language: 'zh' as const, version: 5 };
  const knowing = (state: State, change: object = {}): State =>
    after(
      state,
      learnProfile(state, fact(ProfileChanged, { ...profile, channels: ['sms', 'email', 'inbox'], ...change })),
    );
  const mailed = (decision: Decision) => sent(decision).filter(({ by }) => by === 'delivery.email');
  const endings = (decision: Decision) =>
    [...inboxOf(decision), ...(decision.append?.newDeliveries ?? [])].map((delivery) => [
      ...[delivery?.channel, delivery?.status, delivery?.reason],
    ]);

  it('sends the e-mail beside the text and the entry, each once, all in the person’s language', () => {
    const decision = compose(knowing(verifiedState), shipped);
    const text = '订单 a1b2c3d4 已发货。';
    expect(inboxOf(decision)).toMatchObject([{ text }]);
    expect(sent(decision)).toMatchObject([
      { by: 'delivery.sms', id: noticeId(shipped, 'sms'), text },
      {
        ...{ by: 'delivery.email', id: noticeId(shipped, 'email'), text },
        ...{ subject: '您的订单 a1b2c3d4', address: 'ann@example.org' },
      },
    ]);
    expect(decision.append?.newTexts).toMatchObject([
      { phone: '+15550001' },
      { phone: null, email: 'ann@example.org', subject: '您的订单 a1b2c3d4', text },
    ]);
  });

  it('sends by the chosen channels only, and records the text that was not chosen', () => {
    const decision = compose(knowing(verifiedState, { channels: ['inbox'] }), shipped);
    expect(sent(decision)).toEqual([]);
    expect(endings(decision)).toEqual([
      ['inbox', 'kept', null],
      ['sms', 'withheld', 'the person has chosen other channels'],
    ]);
    expect(mailed(compose(knowing(verifiedState, { email: null }), shipped))).toEqual([]);
  });

  it('sends no e-mail before the number is proved, nor beyond the daily limit', () => {
    const unproved = compose(knowing(met), shipped);
    expect(mailed(unproved)).toEqual([]);
    expect(endings(unproved)).toContainEqual(['email', 'withheld', expect.stringContaining('not verified')]);
    let state = knowing(verifiedState);
    const counts = [1, 2, 3].map(() => {
      const decision = compose(state, fact(OrderShipped, about));
      state = after(state, decision);
      return mailed(decision).length;
    });
    expect(counts).toEqual([1, 1, 0]);
  });

  it('ignores an older profile', () => {
    const state = knowing(verifiedState);
    expect(knowing(state, { language: 'en', version: 4 }).recipients[userId]).toMatchObject({ language: 'zh' });
    expect(knowing(state, { language: 'en', version: 6 }).recipients[userId]).toMatchObject({ language: 'en' });
  });

  it('sends codes by text only, in the person’s language, and keeps them unwritten', () => {
    const state = knowing(met, { channels: ['email'] });
    const decision = sendCode(
      state,
      fact(CodeIssued, { userId, phone: '+15550001', code: '654321', version: 3 }),
      LIMITS,
      NOW,
    );
    expect(sent(decision)).toMatchObject([
      { by: 'delivery.sms', text: '您的验证码是 654321，十分钟内有效。', recorded: '验证码（3），十分钟内有效。' },
    ]);
  });
});
