import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLogger, type LoggerOptions } from './logger.js';

/** Returns a logger and the lines that it has written. */
async function listening(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const destination = new Writable({
    write: (chunk, _, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const logger = await createLogger({ service: 'orders', level: 'info', format: 'json', destination, ...options });
  return { logger, lines, last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown> };
}

describe('the log', () => {
  it('writes one JSON line with the service, the level, the time and the current message', async () => {
    const { logger, lines, last } = await listening({
      context: () => ({ correlationId: 'c-1', messageType: 'orders.place' }),
    });
    logger.log('placed', 'Orders');
    expect(lines).toHaveLength(1);
    expect(lines[0]!.trimEnd()).not.toContain('\n');
    expect(last()).toMatchObject({
      level: 'info',
      service: 'orders',
      correlationId: 'c-1',
      messageType: 'orders.place',
      context: 'Orders',
      msg: 'placed',
    });
    expect(Date.parse(String(last()['time']))).toBeGreaterThan(Date.now() - 60_000);
  });

  it('keeps an error with its stack', async () => {
    const { logger, last } = await listening();
    logger.error(new Error('no stock'));
    expect(last()).toMatchObject({ level: 'error', msg: 'no stock' });
    expect(last()['stack']).toContain('logger.spec.ts');
  });

  it('accepts an error with the stack and the context that Nest passes', async () => {
    const { logger, last } = await listening();
    logger.error('boom', 'Error: boom\n    at somewhere (file.ts:1:1)', 'ExceptionsHandler');
    expect(last()).toMatchObject({
      msg: 'boom',
      stack: 'Error: boom\n    at somewhere (file.ts:1:1)',
      context: 'ExceptionsHandler',
    });
  });

  it('writes nothing below its level', async () => {
    const { logger, lines } = await listening({ level: 'warn' });
    logger.log('quiet');
    logger.debug('quieter');
    logger.warn('loud');
    expect(lines).toHaveLength(1);
  });

  it('masks passwords, tokens and card numbers everywhere', async () => {
    const { logger, lines } = await listening();
    logger.log({
      order: {
        card: '4242424242424242',
        holder: [{ password: 'hunter2', cardToken: 'tok_1' }],
        authorization: 'Bearer abc',
      },
    });
    logger.error(new Error('connect amqp://guest:hunter2@host:5672 failed for 4242 4242 4242 4242'));
    logger.log('token eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl given', { code: '123456' });
    expect(lines.join('')).not.toMatch(/hunter2|4242|tok_1|abc|eyJzdWIi|123456/);
    expect(lines.join('')).toContain('amqp://guest:[secret]@host:5672');
  });

  it('leaves ids, times and error codes readable', async () => {
    const { logger, last } = await listening();
    logger.log('order 00000000-0000-7000-8000-000000000001 at 1763700000000', { code: 'ECONNREFUSED' });
    expect(last()).toMatchObject({
      msg: 'order 00000000-0000-7000-8000-000000000001 at 1763700000000',
      code: 'ECONNREFUSED',
    });
  });

  it('accepts an object with a circular reference', async () => {
    const { logger, lines } = await listening();
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    logger.log('loop', loop);
    expect(lines).toHaveLength(1);
  });

  it('is readable for people in the pretty format', async () => {
    const { logger, lines } = await listening({ format: 'pretty', context: () => ({ correlationId: 'c-1' }) });
    logger.log('placed');
    expect(lines.join('')).toMatch(/orders.*c-1.*placed/);
    expect(lines.join('')).not.toContain('{"');
  });
});
