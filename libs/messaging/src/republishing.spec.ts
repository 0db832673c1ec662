import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { circumstancesOf, republishedCopy, redrivenCopy, freshCopy } from './republishing.js';
import { decode, encode, type Delivery } from './codec.js';
import type { Outbound } from './confirm-channel.js';
import { Do } from './testing/probe.js';

const about = {
  id: '0198c0de-0000-7000-8000-000000000001',
  time: '2026-01-02T03:04:05.678Z',
  correlationId: 'c-1',
  source: 'orders',
};
const ABOUT_QUEUE = { tiersMs: [1_000], transient: false, failsAlone: false, unsupportedForMs: 0 };

function delivered(timeoutMs?: number, headers: Record<string, unknown> = {}): Delivery {
  const { properties, body } = encode(Do({ n: 1 }), {
    ...about,
    reply: { to: 'x', id: 'y' },
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  return {
    properties: { ...properties, headers: { ...properties.headers, ...headers } },
    content: Buffer.from(body),
    fields: { redelivered: false, exchange: 'shop.commands', routingKey: 'probe.do' },
  };
}

const retry = (delivery: Delivery): Outbound | undefined =>
  republishedCopy(
    { do: 'retry', tierMs: 1_000, attempts: 1, unchargedRetries: 0, reason: 'x' },
    delivery,
    'probe.commands',
  );
const left = (copy: Outbound | undefined): unknown => copy?.properties.headers?.['timeout-ms'];
const callerOf = (delivery: Delivery, now = Date.now()): string => circumstancesOf(delivery, ABOUT_QUEUE, now).caller;

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

describe('the remaining time of a caller', () => {
  it('counts down from the arrival of the message, while it is handled', () => {
    const delivery = delivered(500);
    decode(delivery);
    expect([callerOf(delivery, 1_000_499), callerOf(delivery, 1_000_500)]).toEqual(['waiting', 'late']);
    expect(callerOf(delivered(0))).toBe('late');
  });

  it('is unlimited when an older version sent its deadline as an instant', () => {
    expect([
      callerOf(delivered(undefined, { deadline: 1 })),
      callerOf(delivered(undefined, { deadline: 9_000_000 })),
    ]).toEqual(['waiting', 'waiting']);
  });

  it('is reduced in a copy by the time spent here and the wait in the tier', () => {
    const delivery = delivered(5_000);
    decode(delivery);
    vi.setSystemTime(1_000_300);
    expect([left(retry(delivery)), left(freshCopy(delivery, 'probe.commands'))]).toEqual([3_700, 4_700]);
    vi.setSystemTime(1_004_500);
    expect(left(retry(delivery))).toBe(0);
    expect(left(retry(delivered()))).toBeUndefined();
  });

  it('is zero for a redriven dead letter', () => {
    const info = {
      redriven: 1,
      history: [],
      exchange: 'shop.commands',
      routingKey: 'probe.do',
      viaExchange: '',
      sentBy: {},
    };
    expect([
      left(redrivenCopy(delivered(5_000), 'probe.commands', info)),
      left(redrivenCopy(delivered(), 'probe.commands', info)),
    ]).toEqual([0, undefined]);
  });
});

describe('a copy of a fact with marks', () => {
  it('is for one queue, without the further routing keys of its first publish', () => {
    const delivery = delivered(undefined, { CC: ['probe.do.even'] });
    const copies = [retry(delivery), freshCopy(delivery, 'probe.commands')];
    for (const copy of copies) expect(copy!.properties.headers).not.toHaveProperty('CC');
  });
});
