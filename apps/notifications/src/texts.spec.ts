import { describe, expect, it } from 'vitest';
import type { Decision, State, Text } from './tables.js';
import { resend } from './texts.js';

const MINUTE = 60_000;
const PATIENCE = { overdueMs: 10 * MINUTE, horizonMs: 1_440 * MINUTE };
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
const having = (change: Partial<Text> = {}): State => ({
  numbers: {},
  recipients: {},
  deliveries: {},
  texts: { a: { ...text, ...change } },
});
const look = (state: State, minutes: number): Decision => resend(state, 'a', PATIENCE, after(minutes));

describe('a text without an outcome', () => {
  it('is asked for again when it has waited for so long, under the same id, and once, whoever looks', () => {
    expect(look(having(), 9.99)).toEqual({});
    const decision = look(having(), 10);
    expect(decision.messages?.map(({ contract, data }) => [contract.type, data])).toEqual([
      ['delivery.sms', { id: 'a', userId: 'u', about: 'orders/1', text: 'It is on its way.', phone: '+15550001' }],
    ]);
    expect(look({ ...having(), texts: { a: decision.state!.texts!['a'] } }, 10)).toEqual({});
  });

  it('is not asked for while its message rests in a tier after a failed try', () => {
    expect(look(having({ askedAt: after(70) }), 71)).toEqual({});
  });

  it('is given up after a day, and then asked for no more', () => {
    const decision = look(having({ askedAt: after(1_300) }), 1_440);
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
    expect(look({ ...having(), deliveries: decision.state!.deliveries! }, 9_000)).toEqual({});
  });

  it('is not given up while its tries are seen', () => {
    expect(look(having({ askedAt: after(1_435) }), 1_440)).toEqual({});
  });
});

it('does nothing for a text that is gone', () => {
  expect(resend({ numbers: {}, recipients: {}, deliveries: {}, texts: {} }, 'a', PATIENCE, after(99))).toEqual({});
});
