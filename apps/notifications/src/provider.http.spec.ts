import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import { UnavailableError } from '@sluice/messaging';
import { httpStub, type HttpHandler, type HttpStub } from '@sluice/testing';
import { HttpProvider } from './provider.http.js';

let server: HttpStub | undefined;
afterEach(() => server?.close());

async function providerThat(answers: HttpHandler, timeoutMs?: number): Promise<HttpProvider> {
  server = await httpStub(answers);
  return new HttpProvider('sms', server.url, timeoutMs);
}

const message = { id: 'delivery-1', to: '+15550001', text: 'Hello' };

it('sends the message under the delivery’s id and returns the provider’s reference', async () => {
  const seen: { request: IncomingMessage; body: unknown }[] = [];
  const provider = await providerThat(async (request, response) => {
    seen.push({ request, body: JSON.parse(await text(request)) });
    response.writeHead(202).end('{"id":"SM7"}');
  });
  expect(await provider.send(message)).toEqual({ status: 'sent', providerReference: 'SM7' });
  expect(seen[0]?.request).toMatchObject({
    method: 'POST',
    url: '/messages',
    headers: { 'idempotency-key': 'delivery-1' },
  });
  expect(seen[0]?.body).toEqual({ to: '+15550001', text: 'Hello' });
});

it.each([400, 404, 410, 422])('reads %i as a final refusal, with the reason', async (status) => {
  const provider = await providerThat(
    (_, response) =>
      void response
        .writeHead(status, { 'content-type': 'application/problem+json' })
        .end('{"title":"No","detail":"no such number"}'),
  );
  expect(await provider.send(message)).toEqual({ status: 'refused', reason: `${status}: no such number` });
});

it.each([
  ['nothing', '', '404'],
  ['a page', '<html>Not Found</html>', '404'],
  ['a message', '{"code":21211,"message":"unreachable"}', '404: unreachable'],
  ['a long text', `{"error":"${'x'.repeat(900)}"}`, `404: ${'x'.repeat(195)}`],
])('gives the status as the reason, with the provider’s explanation in %s', async (_, body, reason) => {
  const provider = await providerThat((__, response) => void response.writeHead(404).end(body));
  expect(await provider.send(message)).toEqual({ status: 'refused', reason });
});

it.each([401, 403, 408, 409, 429, 500, 503])(
  'reads %i as no reply about the message, so that it is tried again',
  async (status) => {
    const provider = await providerThat((_, response) => void response.writeHead(status).end());
    const error: unknown = await provider.send(message).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ dependency: 'sms', message: `the sms answered ${status}` });
  },
);

it.each([402, 405, 415])(
  'reads %i as no reply about the message either: only 400, 404, 410 and 422 refuse it',
  async (status) => {
    const provider = await providerThat((_, response) => void response.writeHead(status).end());
    await expect(provider.send(message)).rejects.toMatchObject({
      name: 'UnavailableError',
      dependency: 'sms',
      mayBePoison: true,
      message: `the sms answered ${status}`,
    });
  },
);

it.each(['', '{}', '<html>Welcome</html>', '{"id":7}'])(
  'throws when a provider accepts a message with the reply %j',
  async (body) => {
    const provider = await providerThat((_, response) => void response.writeHead(200).end(body));
    await expect(provider.send(message)).rejects.toMatchObject({
      name: 'UnavailableError',
      dependency: 'sms',
      mayBePoison: true,
    });
  },
);

it('stops waiting for a provider that does not reply', async () => {
  const provider = await providerThat(() => {}, 50);
  await expect(provider.send(message)).rejects.toThrow(/timeout/i);
});
