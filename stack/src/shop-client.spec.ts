import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { httpStub, type HttpStub } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADDRESS, createdId, retryAfterMs, ShopClient } from './shop-client.js';

let server: HttpStub;
let url: string;
let requests: {
  method?: string | undefined;
  url?: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}[];
let answer: (response: ServerResponse) => void;
beforeEach(async () => {
  requests = [];
  server = await httpStub(async (request, response) => {
    const { method, url: path, headers } = request;
    requests.push({ method, url: path, headers, body: await text(request) });
    answer(response);
  });
  url = server.url;
});
afterEach(() => server.close());

const answers = (status: number, body?: object, headers: Record<string, string> = {}): void => {
  answer = (response) => response.writeHead(status, headers).end(body && JSON.stringify(body));
};

describe('the client of the shop', () => {
  it('sends the token, the idempotency key and the order as JSON', async () => {
    answers(202, undefined, { location: '/orders/o1' });
    const placed = await new ShopClient(url).placeOrder('t', { lines: [{ sku: 'TEE', quantity: 2 }], key: 'k' });
    expect(requests[0]).toMatchObject({
      method: 'POST',
      url: '/orders',
      headers: { authorization: 'Bearer t', 'idempotency-key': 'k', 'content-type': 'application/json' },
    });
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ lines: [{ sku: 'TEE', quantity: 2 }], address: ADDRESS });
    expect([placed.status, placed.request, createdId(placed)]).toEqual([202, 'POST /orders', 'o1']);
  });

  it('gives every order without a key one of its own', async () => {
    answers(201, {});
    const shop = new ShopClient(url);
    for (let n = 0; n < 2; n++) await shop.placeOrder('t', { lines: [] });
    expect(new Set(requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
  });

  it('gives a refusal back with its problem and how long to wait', async () => {
    answers(503, { title: 'Not ready' }, { 'retry-after': '2' });
    const refused = await new ShopClient(url).pay('t', 'o1');
    expect([refused.status, refused.body, retryAfterMs(refused)]).toEqual([503, { title: 'Not ready' }, 2_000]);
  });

  it('fails with the answer where another status is expected', async () => {
    answers(409, { title: 'Exists' });
    await expect(new ShopClient(url).createCoupon('t', { code: 'C', kind: 'percent', value: 5 })).rejects.toThrow(
      'POST /coupons answered 409: {"title":"Exists"}',
    );
  });

  it('gives up at its deadline', async () => {
    answer = () => {};
    await expect(new ShopClient(url, 50).getSale('s1')).rejects.toThrow('timeout');
  });
});
