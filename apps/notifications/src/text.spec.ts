import { describe, expect, it } from 'vitest';
import type { Decision, State, Text } from './tables.js';
import { resend } from './text.js';

const MINUTE = 60_000;
const POLICY = { overdueMs: 10 * MINUTE, horizonMs: 1_440 * MINUTE };
const decidedAt = new Date('2026-01-01T12:00:00.000Z');
const after = (minutes: number): Date => new Date(decidedAt.getTime() + minutes * MINUTE);

const text: Text = {
  id: 'a',
  userId: 'u',
  about: 'orders/1',
  text: 'It is on its way.',
  phone: '+15550001',
  createdAt: decidedAt,
  askedAt: decidedAt,
  version: 1,
};
const having = (change: object = {}): State => ({
  numbers: {},
  recipients: {},
  deliveries: {},
  texts: { a: { ...text, ...change } as Text },
  watches: {},
});
const resendAfter = (state: State, minutes: number): Decision => resend(state, 'a', POLICY, after(minutes));

describe('a text without an outcome', () => {
  it('is sent again when it has waited too long, under the same id, once for any number of sweeps', () => {
    expect(resendAfter(having(), 9.99)).toEqual({});
    const decision = resendAfter(having(), 10);
    expect(decision.messages?.map(({ contract, data }) => [contract.type, data])).toEqual([
      ['delivery.sms', { id: 'a', userId: 'u', about: 'orders/1', text: 'It is on its way.', phone: '+15550001' }],
    ]);
    expect(resendAfter({ ...having(), texts: { a: decision.state!.texts!['a'] } }, 10)).toEqual({});
  });

  it('is not sent again while its message waits in a tier after a failed try', () => {
    expect(resendAfter(having({ askedAt: after(70) }), 71)).toEqual({});
  });

  it('expires after a day, and is then not sent again', () => {
    const decision = resendAfter(having({ askedAt: after(1_300) }), 1_440);
    expect(decision.messages).toBeUndefined();
    expect(decision.state).toEqual({
      deliveries: {
        a: expect.objectContaining({
          id: 'a',
          channel: 'sms',
          status: 'expired',
          sentAt: null,
          createdAt: decidedAt,
          version: 1,
        }),
      },
    });
    expect(resendAfter({ ...having(), deliveries: decision.state!.deliveries! }, 9_000)).toEqual({});
  });

  it('does not expire while its tries are recorded', () => {
    expect(resendAfter(having({ askedAt: after(1_435) }), 1_440)).toEqual({});
  });
});

it('does nothing for a text that is deleted', () => {
  expect(
    resend({ numbers: {}, recipients: {}, deliveries: {}, texts: {}, watches: {} }, 'a', POLICY, after(99)),
  ).toEqual({});
});

it('sends an e-mail again as an e-mail, and records its expiry on its channel', () => {
  const mail = having({ phone: null, email: 'ann@example.org', subject: 'Your order' });
  const { messages = [] } = resend(mail, 'a', POLICY, after(10));
  expect(messages.map(({ contract, data }) => [contract.type, data])).toEqual([
    [
      'delivery.email',
      {
        ...{ id: text.id, userId: 'u', about: 'orders/1', text: text.text },
        ...{ subject: 'Your order', address: 'ann@example.org' },
      },
    ],
  ]);
  const { state } = resend(mail, 'a', POLICY, after(1_440));
  expect(Object.values(state?.deliveries ?? {})).toMatchObject([{ channel: 'email', status: 'expired' }]);
});
