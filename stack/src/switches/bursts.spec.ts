import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ShopClient } from '../shop-client.js';
import { Bursts } from './bursts.js';
import { Refused } from './refused.js';

let server: Server | undefined;
afterEach(() => void server?.close());

/** A gateway that has one product and an open sale, takes what is sent, and records it. */
async function gateway(status = 201): Promise<{ bursts: Bursts; placed: Set<string>; claimed: Set<string> }> {
  const [placed, claimed] = [new Set<string>(), new Set<string>()];
  server = createServer(({ method, url, headers: { authorization = '' } }, response) => {
    const answer = (code: number, body: object, headers = {}) =>
      void response.writeHead(code, headers).end(JSON.stringify(body));
    if (url?.startsWith('/products')) return answer(200, { items: [{ sku: 'TEA', available: 9 }] });
    if (url === '/flash-sales') return answer(200, { items: [{ id: 'now', state: 'open' }] });
    if (url === '/flash-sales/now/claims') {
      claimed.add(authorization);
      return answer(202, {});
    }
    if (method !== 'POST' || url !== '/orders') return answer(200, { status: 'awaiting_payment' });
    placed.add(authorization);
    return answer(status, {}, status === 201 ? { location: `/orders/${placed.size}` } : {});
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { bursts: new Bursts(new ShopClient(url), async (_, userId) => userId), placed, claimed };
}

const ended = (bursts: Bursts) => vi.waitFor(() => expect(bursts.state?.isRunning).toBe(false), 10_000);

describe('a burst', () => {
  it('sends as many orders as were wanted, each of somebody else', async () => {
    const { bursts, placed } = await gateway();
    bursts.start('orders', 50);
    await ended(bursts);
    expect([bursts.state, placed.size]).toMatchObject([{ count: 50, accepted: 50, refused: 0 }, 50]);
  });

  it('sends claims to the sale that is open', async () => {
    const { bursts, claimed } = await gateway();
    bursts.start('claims', 30);
    await ended(bursts);
    expect([bursts.state, claimed.size]).toMatchObject([{ of: 'claims', accepted: 30 }, 30]);
  });

  it('counts what the shop refuses, and everybody where there is no shop', async () => {
    const { bursts } = await gateway(503);
    bursts.start('orders', 5);
    await ended(bursts);
    expect(bursts.state).toMatchObject({ accepted: 0, refused: 5, isRunning: false });
    server!.closeAllConnections();
    server!.close();
    bursts.start('orders', 7);
    await ended(bursts);
    expect(bursts.state).toMatchObject({ accepted: 0, refused: 7 });
  });

  it('is of 500 at most, and no other begins meanwhile', async () => {
    const { bursts } = await gateway();
    for (const [kind, count] of [
      ['orders', 501],
      ['orders', 0],
      ['orders', '5'],
      ['sign-ups', 5],
    ])
      expect(() => bursts.start(kind, count)).toThrow(Refused);
    expect(bursts.state).toBeUndefined();
    bursts.start('orders', 5);
    expect(() => bursts.start('orders', 5)).toThrow(Refused);
    await ended(bursts);
  });
});
