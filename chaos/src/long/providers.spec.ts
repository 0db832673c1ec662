import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@sluice/testing';
import { isAccepted, phasesOf, Providers } from './providers.js';

let providers: Providers;
let called: string[];
let accepts: boolean;
beforeEach(async () => {
  called = [];
  accepts = true;
  providers = await new Providers(async (parcelId, step) => {
    called.push(`${step} ${parcelId}`);
    return accepts ? 200 : 503;
  }).open();
});
afterEach(() => providers.close());

const send = (method: string, path: string, { key, body }: { key?: string; body?: object } = {}) =>
  fetch(`${providers.url}/${path}`, {
    method,
    headers: { ...(key && { 'idempotency-key': key }) },
    ...(body && { body: JSON.stringify(body) }),
  });
const capture = (key: string, amount = 5) =>
  send('POST', 'captures', { key, body: { token: 't', amount, currency: 'USD' } });

describe('the providers of a run', () => {
  it('do what one key asks for once, and give the same answer to a repeat', async () => {
    const [first, again] = [await (await capture('k')).json(), await (await capture('k')).json()];
    expect(again).toEqual(first);
    expect(providers.records.captures).toEqual([expect.objectContaining({ key: 'k', requests: 2, others: [] })]);
  });

  it('write down a key that comes with another body', async () => {
    await capture('k');
    await capture('k', 6);
    expect(providers.records.captures[0]?.others).toHaveLength(1);
  });

  it('tell which charges there are since a time, from one on, and which went back', async () => {
    const ids: string[] = [];
    for (const key of ['a', 'b', 'c']) ids.push(((await (await capture(key)).json()) as { id: string }).id);
    await send('POST', 'refunds', { key: 'r', body: { capture: ids[1] } });
    const listed = async (query: string) => {
      const { items } = (await (await send('GET', `captures?${query}`)).json()) as { items: object[] };
      return items;
    };
    const since = new Date(0).toISOString();
    const charge = (n: number, key: string, refunded: boolean) => ({
      id: ids[n],
      key,
      amount: 5,
      currency: 'USD',
      refunded,
    });
    expect(await listed(`since=${since}&limit=1`)).toEqual([charge(0, 'a', false)]);
    expect(await listed(`since=${since}&after=${ids[0]}&limit=9`)).toEqual([
      charge(1, 'b', true),
      charge(2, 'c', false),
    ]);
    expect(await listed(`since=${new Date(Date.now() + 1_000).toISOString()}&limit=9`)).toEqual([]);
    expect([(await send('GET', 'captures/a')).status, (await send('GET', 'captures/d')).status]).toEqual([200, 404]);
  });

  it('reset connections while they are away, also of what they had not answered', async () => {
    providers.setMode('away');
    await expect(capture('k')).rejects.toThrow();
    expect([providers.affected.away > 0, providers.records.captures]).toEqual([true, []]);
    providers.setMode('healthy');
    expect((await capture('k')).status).toBe(201);
  });

  it('answer 500 and do nothing when they are broken, but give tokens', async () => {
    providers.setMode('broken');
    expect((await capture('k')).status).toBe(500);
    expect((await send('POST', 'tokens', { body: { card: '4' } })).status).toBe(201);
    expect([providers.affected.broken, providers.records.captures]).toEqual([1, []]);
  });

  it('do at once what they answer late when they are slow', async () => {
    providers.setMode('slow');
    const stopped = AbortSignal.timeout(200);
    await expect(
      fetch(`${providers.url}/messages`, {
        method: 'POST',
        headers: { 'idempotency-key': 'k' },
        body: '{}',
        signal: stopped,
      }),
    ).rejects.toThrow();
    expect(providers.records.messages).toHaveLength(1);
  });

  it('fetch and deliver a parcel, and call until they are heard', async () => {
    accepts = false;
    await send('POST', 'shipments', { key: 'p', body: { parcelId: 'p' } });
    await eventually(() => expect(called.length).toBeGreaterThan(1), { withinMs: 10_000 });
    accepts = true;
    await eventually(() => expect(called.at(-1)).toBe('delivery p'), { withinMs: 10_000 });
    expect(new Set(called)).toEqual(new Set(['dispatch p', 'delivery p']));
  });

  it('do not fetch what was recalled, and do not know a parcel that was never booked', async () => {
    accepts = false;
    await send('POST', 'shipments', { key: 'p', body: { parcelId: 'p' } });
    await eventually(() => expect(called).toContain('dispatch p'), { withinMs: 10_000 });
    expect((await send('DELETE', 'shipments/p', { key: 'r' })).status).toBe(204);
    expect((await send('DELETE', 'shipments/q', { key: 'r' })).status).toBe(404);
    accepts = true;
    await send('POST', 'shipments', { key: 'later', body: { parcelId: 'later' } });
    await eventually(() => expect(called).toContain('delivery later'), { withinMs: 10_000 }); // as long as a delivery of p would have taken
    expect(called).not.toContain('delivery p');
  });
});

it.each([
  [200, true],
  [409, true],
  [404, false],
  [503, false],
  [0, false],
])('takes %d for accepted: %s', (status, accepted) => {
  expect(isAccepted(status)).toBe(accepted);
});

it('shares the time among the phases', () => {
  expect(phasesOf({ away: 4, broken: 2, slow: 2 }, 800)).toEqual([
    { mode: 'away', atMs: 0, ms: 400 },
    { mode: 'broken', atMs: 400, ms: 200 },
    { mode: 'slow', atMs: 600, ms: 200 },
  ]);
});
