import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { jsonFrom } from './outside-answer.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Starts an outside service that sends `kilobytes` of JSON, until the client closes the connection. */
async function answerOf(
  kilobytes: number,
): Promise<{ response: Response; sent: () => number; ended: Promise<unknown> }> {
  let sent = 0;
  function* text(): Generator<string> {
    yield '"';
    for (; sent < kilobytes; sent++) yield 'x'.repeat(1024);
    yield '"';
  }
  let end: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const listening = createServer((_, response) => pipeline(Readable.from(text()), response, () => end()));
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return {
    response: await fetch(`http://127.0.0.1:${(listening.address() as AddressInfo).port}`),
    sent: () => sent,
    ended,
  };
}

describe('a response of an outside service', () => {
  it('is read as JSON', async () => {
    const { response } = await answerOf(10);
    expect(await jsonFrom(response)).toBe('x'.repeat(10 * 1024));
  });

  it('is read up to 64 kB; then the connection is closed', async () => {
    const { response, sent, ended } = await answerOf(Infinity);
    await expect(jsonFrom(response)).rejects.toThrow('longer than 64 kB');
    await ended;
    expect(sent()).toBeLessThan(64 * 1024);
  });

  it('that is not JSON is an error', async () => {
    await expect(jsonFrom(new Response('<html>'))).rejects.toThrow(SyntaxError);
    await expect(jsonFrom(new Response(null))).rejects.toThrow(SyntaxError);
  });
});
