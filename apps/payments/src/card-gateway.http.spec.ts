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
