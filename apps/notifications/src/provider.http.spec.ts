import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import { HttpProvider } from './provider.http.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function providerThat(answers: RequestListener, timeoutMs?: number): Promise<HttpProvider> {
  const listening = createServer(answers);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return new HttpProvider(`http://127.0.0.1:${(listening.address() as AddressInfo).port}`, timeoutMs);
}

const letter = { id: 'delivery-1', to: '+15550001', text: 'Hello' };

it('hands the message over under the delivery’s id and keeps the provider’s reference', async () => {
  const seen: { request: IncomingMessage; body: unknown }[] = [];
  const provider = await providerThat(async (request, response) => {
    seen.push({ request, body: JSON.parse(await text(request)) });
    response.writeHead(202).end('{"id":"SM7"}');
  });
  expect(await provider.send(letter)).toBe('SM7');
  expect(seen[0]?.request).toMatchObject({ method: 'POST', url: '/messages', headers: { 'idempotency-key': 'delivery-1' } });
  expect(seen[0]?.body).toEqual({ to: '+15550001', text: 'Hello' });
});

it.each([400, 429, 500])('takes %i for a fault, so that the message is tried again', async (status) => {
  const provider = await providerThat((_, response) => void response.writeHead(status).end());
  await expect(provider.send(letter)).rejects.toThrow(`answered ${status}`);
});

it('stops waiting for a provider that does not answer', async () => {
  const provider = await providerThat(() => {}, 50);
  await expect(provider.send(letter)).rejects.toThrow(/timeout/i);
});
