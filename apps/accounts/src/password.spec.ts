import { describe, expect, it } from 'vitest';
import { hashPassword, passwordMatches } from './password.js';

describe('password hashes', () => {
  it('match their own password and no other', async () => {
    const stored = await hashPassword('correct horse');
    expect(await passwordMatches('correct horse', stored)).toBe(true);
    expect(await passwordMatches('correct horsf', stored)).toBe(false);
  });

  it('contain their cost, are salted, and do not contain the password', async () => {
    const [one, two] = await Promise.all([hashPassword('the same'), hashPassword('the same')]);
    expect(one).toMatch(/^scrypt\$32768\$8\$3\$/);
    expect(one).not.toBe(two);
    expect(one).not.toContain('the same');
  });

  it('still match when they were made at another cost', async () => {
    // scrypt("pleaseletmein", "SodiumChloride", N=16384, r=8, p=1) from RFC 7914, section 12.
    const hash = Buffer.from(RFC_7914, 'hex').toString('base64url');
    const stored = `scrypt$16384$8$1$${Buffer.from('SodiumChloride').toString('base64url')}$${hash}`;
    expect(await passwordMatches('pleaseletmein', stored)).toBe(true);
  });

  it('never match without an account, and take as long to compare', async () => {
    const stored = await hashPassword('a password');
    const [known, unknown] = [
      await timed(() => passwordMatches('wrong', stored)),
      await timed(() => passwordMatches('wrong', undefined)),
    ];
    expect(known.value).toBe(false);
    expect(unknown.value).toBe(false);
    expect(unknown.ms).toBeGreaterThan(known.ms / 3);
  });

  it('refuse to compare with a string that is not a hash', async () => {
    await expect(passwordMatches('x', 'plain text')).rejects.toThrow('scrypt$N$r$p$salt$hash');
  });
});

const RFC_7914 =
  '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887';

async function timed<T>(job: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const start = performance.now();
  return { value: await job(), ms: performance.now() - start };
}
