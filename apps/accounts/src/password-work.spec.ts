import * as crypto from 'node:crypto';
import { afterEach, expect, it, vi } from 'vitest';
import { hashPassword, passwordMatches } from './password.js';

/** What each hash that was computed cost: its parameters decide how long it takes. */
const work = vi.hoisted((): unknown[] => []);
vi.mock('node:crypto', async (original) => {
  const real = await original<typeof crypto>();
  const scrypt = (password: string, salt: Buffer, length: number, options: crypto.ScryptOptions, done: never) => {
    work.push({ length, saltBytes: salt.length, ...options });
    real.scrypt(password, salt, length, options, done);
  };
  return { ...real, scrypt };
});
afterEach(() => void work.splice(0));

it('is the same for a number that nobody has as for a wrong and for a right password: one hash, at the same cost', async () => {
  const stored = await hashPassword('right');
  const each: unknown[] = [];
  for (const [password, hash] of [['right', stored], ['wrong', stored], ['wrong', undefined]] as const) {
    work.splice(0);
    await passwordMatches(password, hash);
    each.push(work.splice(0));
  }
  expect(each[0]).toEqual([{ length: 32, saltBytes: 16, N: 32_768, r: 8, p: 3, maxmem: expect.any(Number) }]);
  expect([each[1], each[2]]).toEqual([each[0], each[0]]);
});
