import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { faultOf } from '@sluice/messaging';
import { httpStub, type HttpHandler, type HttpStub } from '@sluice/testing';
import { afterEach, expect, it } from 'vitest';
import { HttpCardGateway } from './card-gateway.http.js';

let server: HttpStub | undefined;
afterEach(() => server?.close());

async function gatewayThat(answers: HttpHandler, timeoutMs?: number): Promise<HttpCardGateway> {
  server = await httpStub(answers);
  return new HttpCardGateway(`${server.url}/v1/`, timeoutMs);
}

const charge = { token: 'tok', amount: { amount: 4_200, currency: 'USD' }, idempotencyKey: 'key-1' };

it('requests the capture under the idempotency key and keeps the gateway’s reference', async () => {
  const seen: { request: IncomingMessage; body: unknown }[] = [];
  const gateway = await gatewayThat(async (request, response) => {
    seen.push({ request, body: JSON.parse(await text(request)) });
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"id":"ch_7"}');
  });
  expect(await gateway.capture(charge)).toEqual({ status: 'captured', reference: 'ch_7' });
  expect(seen[0]?.request).toMatchObject({
    method: 'POST',
    url: '/v1/captures',
    headers: { 'idempotency-key': 'key-1', 'content-type': 'application/json' },
  });
  expect(seen[0]?.body).toEqual({ token: 'tok', amount: 4_200, currency: 'USD' });
});

it('reads 402 as a decline with its reason', async () => {
  const gateway = await gatewayThat((_, response) => void response.writeHead(402).end('{"reason":"expired card"}'));
  expect(await gateway.capture(charge)).toEqual({ status: 'declined', reason: 'expired card' });
});

it.each([402, 400, 422])('reads %i without a reason as a decline too: no money was captured', async (status) => {
  const gateway = await gatewayThat((_, response) => void response.writeHead(status).end('<html>no</html>'));
  expect(await gateway.capture(charge)).toEqual({ status: 'declined', reason: `the card gateway answered ${status}` });
});

it.each([400, 404, 410, 422])('reads %i with a reason as a decline', async (status) => {
  const gateway = await gatewayThat((_, response) => void response.writeHead(status).end('{"reason":"no such card"}'));
  expect(await gateway.capture(charge)).toEqual({ status: 'declined', reason: 'no such card' });
});

/** The fault: it is unknown whether money was captured. */
const open = (mayBePoison: boolean) => ({ whose: 'environment', dependency: 'card gateway', mayBePoison });
const faultIn = (request: Promise<unknown>) => request.then(() => 'an answer', faultOf);

it.each([500, 503, 409, 404, 405, 304])(
  'reads %i as a fault: it is unknown whether the money was captured',
  async (status) => {
    const gateway = await gatewayThat((_, response) => void response.writeHead(status).end());
    await expect(gateway.capture(charge)).rejects.toThrow(`answered ${status}`);
    expect(await faultIn(gateway.capture(charge))).toEqual(open(true));
  },
);

it.each([401, 403, 429])('reads %i as a fault that concerns every capture', async (status) => {
  const gateway = await gatewayThat((_, response) => void response.writeHead(status).end('{"reason":"who are you?"}'));
  expect(await faultIn(gateway.capture(charge))).toEqual(open(false));
});

it.each(['{"ok":true}', '<html>', ''])('reads a reply without a reference as a fault: %s', async (body) => {
  const gateway = await gatewayThat((_, response) => void response.writeHead(200).end(body));
  expect(await faultIn(gateway.capture(charge))).toEqual(open(true));
  expect(await faultIn(gateway.refund(back))).toEqual(open(true));
});

it('stops waiting for a gateway that does not reply', async () => {
  const gateway = await gatewayThat(() => {}, 50);
  await expect(gateway.capture(charge)).rejects.toThrow(/timeout/i);
  expect(await faultIn(gateway.capture(charge))).toEqual(open(true));
});

const back = { reference: 'ch_7', amount: { amount: 4_200, currency: 'USD' }, idempotencyKey: 'key-1:refund' };

it('requests the refund of a capture under the idempotency key', async () => {
  const seen: { request: IncomingMessage; body: unknown }[] = [];
  const gateway = await gatewayThat(async (request, response) => {
    seen.push({ request, body: JSON.parse(await text(request)) });
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"id":"re_7"}');
  });
  expect(await gateway.refund(back)).toEqual({ reference: 're_7' });
  expect(seen[0]?.request).toMatchObject({
    method: 'POST',
    url: '/v1/refunds',
    headers: { 'idempotency-key': 'key-1:refund', 'content-type': 'application/json' },
  });
  expect(seen[0]?.body).toEqual({ capture: 'ch_7', amount: 4_200, currency: 'USD' });
});

it.each([500, 404, 429])('reads %i to a refund as a fault: the refund is still due', async (status) => {
  const gateway = await gatewayThat((_, response) => void response.writeHead(status).end());
  await expect(gateway.refund(back)).rejects.toThrow(`answered ${status}`);
  expect(await faultIn(gateway.refund(back))).toMatchObject({ whose: 'environment', dependency: 'card gateway' });
});

it.each([402, 400, 404, 422])('reads %i with a reason to a refund as final: an operator must act', async (status) => {
  const gateway = await gatewayThat((_, response) => void response.writeHead(status).end('{"reason":"too old"}'));
  await expect(gateway.refund(back)).rejects.toThrow(`answered ${status} to the refund of ch_7: too old`);
  expect(await faultIn(gateway.refund(back))).toEqual({ whose: 'message' });
});

it('takes the charge that was made before under the same key with another token of the card', async () => {
  const seen: string[] = [];
  const gateway = await gatewayThat((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    if (request.method === 'GET') response.end('{"id":"ch_7"}');
    else response.writeHead(422).end('{"reason":"the key was used for another request"}');
  });
  expect(await gateway.capture({ ...charge, idempotencyKey: 'order:1' })).toEqual({
    status: 'captured',
    reference: 'ch_7',
  });
  expect(seen).toEqual(['POST /v1/captures', 'GET /v1/captures/order%3A1']);
});

it('does not take a refusal for final while it cannot be looked up', async () => {
  const gateway = await gatewayThat(
    (request, response) => void response.writeHead(request.method === 'GET' ? 500 : 422).end('{"reason":"used"}'),
  );
  expect(await faultIn(gateway.capture(charge))).toMatchObject(open(true));
});

it('lists the charges since a time, from one on', async () => {
  const seen: string[] = [];
  const gateway = await gatewayThat((request, response) => {
    seen.push(String(request.url));
    response.end('{"items":[{"id":"ch_8","key":"k","amount":5,"currency":"EUR","refunded":true}]}');
  });
  const since = '2026-01-01T12:00:00.000Z';
  const listed = [{ reference: 'ch_8', key: 'k', amount: { amount: 5, currency: 'EUR' }, refunded: true }];
  expect(await gateway.charges({ since, after: undefined, limit: 500 })).toEqual(listed);
  await gateway.charges({ since, after: 'ch_8', limit: 500 });
  expect(seen).toEqual(
    ['', '&after=ch_8'].map((after) => `/v1/captures?since=2026-01-01T12%3A00%3A00.000Z${after}&limit=500`),
  );
});

it('says for good that a gateway without a list has none', async () => {
  const gateway = await gatewayThat((_, response) => void response.writeHead(404).end());
  expect(await faultIn(gateway.charges({ since: '2026-01-01', after: undefined, limit: 1 }))).toEqual({
    whose: 'message',
  });
});
