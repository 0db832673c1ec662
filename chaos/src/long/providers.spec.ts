// @ts-nocheck
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@sluice/testing';
import { calledBack, phasesOf, Providers } from './providers.js';

let providers;
let told;
let heard;
beforeEach(async () => {
  told = [];
  heard = true;
  providers = await new Providers({ note: async (parcelId, step) => (told.push(`${step} ${parcelId}`), heard) }).open();
});
afterEach(() => providers.close());

const ask = (method, path, { key, body } = {}) =>
  fetch(`${providers.url}/${path}`, {
    method,
    headers: { ...(key && { 'idempotency-key': key }) },
    ...(body && { body: JSON.stringify(body) }),
  });
const capture = (key, amount = 5) => ask('POST', 'captures', { key, body: { token: 't', amount, currency: 'USD' } });

describe('the providers of a run', () => {
  it('do what one key asks for once, and give the same answer to a repeat', async () => {
    const [first, again] = [await (await capture('k')).json(), await (await capture('k')).json()];
    expect(again).toEqual(first);
    expect(providers.books.captures).toEqual([expect.objectContaining({ key: 'k', asked: 2, others: [] })]);
  });

  it('write down a key that comes with another body', async () => {
    await capture('k');
    await capture('k', 6);
    expect(providers.books.captures[0].others).toHaveLength(1);
  });

  it('reset connections while they are away, also of what they had not answered', async () => {
    providers.become('away');
    await expect(capture('k')).rejects.toThrow();
    expect([providers.met.away > 0, providers.books.captures]).toEqual([true, []]);
    providers.become('well');
    expect((await capture('k')).status).toBe(201);
  });

  it('answer 500 and do nothing when they are broken, but give tokens', async () => {
    providers.become('broken');
    expect((await capture('k')).status).toBe(500);
    expect((await ask('POST', 'tokens', { body: { card: '4' } })).status).toBe(201);
    expect([providers.met.broken, providers.books.captures]).toEqual([1, []]);
  });

  it('do at once what they answer late when they are slow', async () => {
    providers.become('slow');
    const stopped = AbortSignal.timeout(200);
    await expect(
      fetch(`${providers.url}/messages`, {
        method: 'POST',
        headers: { 'idempotency-key': 'k' },
        body: '{}',
        signal: stopped,
      }),
    ).rejects.toThrow();
    expect(providers.books.messages).toHaveLength(1);
  });

  it('fetch and deliver a parcel, and call until they are heard', async () => {
    heard = false;
    await ask('POST', 'shipments', { key: 'p', body: { parcelId: 'p' } });
    await eventually(() => expect(told.length).toBeGreaterThan(1), 10_000);
    heard = true;
    await eventually(() => expect(told.at(-1)).toBe('delivery p'), 10_000);
    expect(new Set(told)).toEqual(new Set(['dispatch p', 'delivery p']));
  });

  it('do not fetch what was recalled, and do not know a parcel that was never booked', async () => {
    heard = false;
    await ask('POST', 'shipments', { key: 'p', body: { parcelId: 'p' } });
    await eventually(() => expect(told).toContain('dispatch p'), 10_000);
    expect((await ask('DELETE', 'shipments/p', { key: 'r' })).status).toBe(204);
    expect((await ask('DELETE', 'shipments/q', { key: 'r' })).status).toBe(404);
    heard = true;
    await ask('POST', 'shipments', { key: 'later', body: { parcelId: 'later' } });
    await eventually(() => expect(told).toContain('delivery later'), 10_000); // as long as a delivery of p would have taken
    expect(told).not.toContain('delivery p');
  });
});

it.each([
  [200, true],
  [409, true],
  [404, false],
  [503, false],
  [0, false],
])('takes %d for heard: %s', async (status, wasHeard) => {
  expect(await calledBack(async () => ({ status }))('p', 'dispatch')).toBe(wasHeard);
});

it('shares the time among the phases', () => {
  expect(phasesOf({ away: 4, broken: 2, slow: 2 }, 800)).toEqual([
    { mode: 'away', ms: 400 },
    { mode: 'broken', ms: 200 },
    { mode: 'slow', ms: 200 },
  ]);
});
