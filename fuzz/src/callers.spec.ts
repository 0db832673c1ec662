import { describe, expect, it } from 'vitest';
import { Callers, type Call } from './callers.js';
import type { HttpResponse } from './http-client.js';

const answer = (status: number): HttpResponse =>
  ({ status, text: 'a problem', json: { token: 'a token' } }) as Partial<HttpResponse> as HttpResponse;

describe('the callers of a run', () => {
  it('sign in at a shop that is busy for a moment, by the same request again', async () => {
    const keys: unknown[] = [];
    const call: Call = (_method, _target, { headers } = {}) => {
      keys.push(headers?.['idempotency-key']);
      return Promise.resolve(answer(keys.length === 1 ? 503 : 201));
    };
    const callers = await Callers.signIn(call);
    expect(callers.tokenOf('admin')).toBe('Bearer a token');
    expect(keys[1]).toBe(keys[0]);
    expect(new Set(keys).size).toBe(keys.length - 1);
  });

  it('do not sign in where the accounts of the seed are missing, and say what was answered', async () => {
    await expect(Callers.signIn(() => Promise.resolve(answer(401)))).rejects.toThrow('answered 401: a problem');
  });
});
