import { expect, it } from 'vitest';
import { prefixed, readable } from './log-lines.mjs';

const line = JSON.stringify({ level: 'info', time: '2026-01-02T03:04:05.678Z', service: 'orders', msg: 'ready', correlationId: 'c-1', messageType: 'order.placed' });

it('shows a JSON line as people read it', () => {
  expect(readable(line)).toBe('03:04:05.678 info ready order.placed [c-1]');
});

it('keeps the stack of an error', () => {
  expect(readable(JSON.stringify({ level: 'error', msg: 'no', stack: 'Error: no\n    at here' }))).toBe('error no\nError: no\n    at here');
});

it('leaves lines that are not JSON, or not ours, as they are', () => {
  expect(readable('plain text')).toBe('plain text');
  expect(readable('{broken')).toBe('{broken');
  expect(readable('{"a":1}')).toBe('{"a":1}');
});

it('says whose line it is', () => {
  expect(prefixed('orders', 'hello', false)).toBe('orders        │ hello');
});
