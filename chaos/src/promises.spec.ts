import { expect, it } from 'vitest';
import { brokenPromise, reasonOf } from './promises.js';

const answered = (status: number, headers: Record<string, string> = {}) =>
  brokenPromise({ request: 'GET /orders', status, headers: new Headers(headers) });

it.each([200, 201, 202, 204, 404, 409])('no promise is broken by %d', (status) => {
  expect(answered(status)).toBeUndefined();
});

it.each([429, 503])('%d says when to try again', (status) => {
  expect(answered(status, { 'retry-after': '1' })).toBeUndefined();
  expect(answered(status)).toBe(`GET /orders answered ${status} without Retry-After`);
});

it('a request is answered, and not with a fault of the system', () => {
  expect(answered(0)).toBe('GET /orders was not answered');
  expect(answered(500)).toBe('GET /orders answered 500');
});

it("the reason of a request without an answer is the socket's", () => {
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  expect(reasonOf(new TypeError('fetch failed', { cause: reset }))).toBe('ECONNRESET');
  expect(reasonOf(new Error('the time is up'))).toBe('Error: the time is up');
});
