import { describe, expect, it } from 'vitest';
import { databaseAddress } from './tls.js';

const PLAIN = 'postgresql://orders:a%40b@db.internal:5433/orders?application_name=x';
const withMode = (mode: string) => `${PLAIN}&sslmode=${mode}`;

describe('the address of a database', () => {
  it('is plain without an sslmode, and as it was given', () => {
    expect(databaseAddress(PLAIN)).toEqual({ connectionString: PLAIN, ssl: false });
    expect(databaseAddress(withMode('disable'))).toEqual({ connectionString: PLAIN, ssl: false });
  });

  it.each(['verify-full', 'verify-ca', 'require'])(
    'is verified with sslmode=%s, by the authority that is named',
    (mode) => {
      expect(databaseAddress(withMode(mode))).toEqual({ connectionString: PLAIN, ssl: {} });
      expect(databaseAddress(withMode(mode), 'PEM')).toEqual({ connectionString: PLAIN, ssl: { ca: 'PEM' } });
    },
  );

  it('is encrypted but not verified with sslmode=no-verify', () => {
    expect(databaseAddress(withMode('no-verify'))).toEqual({
      connectionString: PLAIN,
      ssl: { rejectUnauthorized: false },
    });
  });

  it.each(['prefer', 'allow', 'verify', '', 'constructor'])(
    'refuses sslmode=%s, which may end in plain text or means nothing',
    (mode) => {
      expect(() => databaseAddress(withMode(mode))).toThrow(
        /^DATABASE_URL has sslmode=.*: it must be one of disable, no-verify, require, verify-ca, verify-full$/,
      );
    },
  );

  it.each(['ssl=true', 'sslrootcert=/etc/ca.pem', 'uselibpqcompat=true'])(
    'refuses %s, and says how it is said here',
    (parameter) => {
      expect(() => databaseAddress(`${PLAIN}&${parameter}`)).toThrow(
        /^DATABASE_URL has \w+: use sslmode=verify-full, and put .+ in DATABASE_CA$/,
      );
    },
  );

  it.each(['', '&sslmode=disable', '&sslmode=no-verify'])(
    'refuses an authority that nothing would be verified by: "%s"',
    (mode) => {
      expect(() => databaseAddress(`${PLAIN}${mode}`, 'PEM')).toThrow(/^DATABASE_CA is set, .+sslmode=verify-full$/);
    },
  );
});
