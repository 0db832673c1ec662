import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpCardVault } from './card-vault.http.js';

let server: Server;
afterEach(() => void server.close());

/** Card gateway that returns one fixed response and records the requests. */
async function vaultOver(status: number, body: string): Promise<{ vault: HttpCardVault; requests: string[] }> {
  const requests: string[] = [];
  server = createServer((request, response) => {
    request.on('data', (data) => requests.push(`${request.method} ${request.url} ${String(data)}`));
    request.on('end', () => response.writeHead(status, { 'content-type': 'application/json' }).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { vault: new HttpCardVault(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`), requests };
}

const refusal = (status: number) => expect.objectContaining({ problem: expect.objectContaining({ status }) });

describe('the card gateway over HTTP', () => {
  it('exchanges a number for a token', async () => {
    const { vault, requests } = await vaultOver(201, '{"token":"tok_1"}');
    expect(await vault.exchange('4242424242424242')).toBe('tok_1');
    expect(requests).toEqual(['POST /v1/tokens {"card":"4242424242424242"}']);
  });

  it('is 422 for an unknown number', async () => {
    const { vault } = await vaultOver(422, '{}');
    await expect(vault.exchange('4242424242424242')).rejects.toEqual(refusal(422));
  });

  it.each([
    [500, '{}'],
    [201, 'not json'],
    [201, '{"token":""}'],
  ])('is 503 when the response is %i %s', async (status, body) => {
    const { vault } = await vaultOver(status, body);
    await expect(vault.exchange('4242424242424242')).rejects.toEqual(refusal(503));
  });

  it('is 503 without a response', async () => {
    const { vault } = await vaultOver(201, '{}');
    await new Promise((resolve) => server.close(resolve));
    await expect(vault.exchange('4242424242424242')).rejects.toEqual(refusal(503));
  });
});
