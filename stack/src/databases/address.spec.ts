import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { databaseAddress as asServicesHaveIt } from '../../../libs/persistence/src/tls.js';
import { databaseAddress } from './address.js';

const PLAIN = 'postgresql://postgres:a%40b@db.internal:5433/postgres?application_name=x';
const outcome = <T>(read: () => T): T | string => {
  try {
    return read();
  } catch {
    return 'refused';
  }
};

describe('the tools and the services', () => {
  it.each(['', 'disable', 'no-verify', 'prefer', 'allow', 'require', 'verify-ca', 'verify-full', 'constructor'])(
    'take sslmode=%s for the same',
    (mode) => {
      const url = `${PLAIN}&sslmode=${mode}`;
      expect(outcome(() => databaseAddress(url, {}))).toEqual(outcome(() => asServicesHaveIt(url)));
    },
  );

  it.each(['', '&ssl=true', '&sslrootcert=/etc/ca.pem', '&sslmode=verify-full&sslcert=/etc/own.pem'])(
    'take "%s" for the same',
    (parameters) => {
      expect(outcome(() => databaseAddress(`${PLAIN}${parameters}`, {}))).toEqual(
        outcome(() => asServicesHaveIt(`${PLAIN}${parameters}`)),
      );
    },
  );

  it('verify by the same authority', () => {
    const url = `${PLAIN}&sslmode=verify-full`;
    expect(databaseAddress(url, { DATABASE_CA: 'a\\nb' })).toEqual(asServicesHaveIt(url, 'a\nb'));
  });
});

describe('the authority of a database', () => {
  it('may be in a file, and one that cannot be read is named', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'authority-'));
    writeFileSync(path.join(folder, 'ca.pem'), 'PEM');
    expect(
      databaseAddress(`${PLAIN}&sslmode=verify-full`, { DATABASE_CA_FILE: path.join(folder, 'ca.pem') }).ssl,
    ).toEqual({ ca: 'PEM' });
    rmSync(folder, { recursive: true });
    expect(() =>
      databaseAddress(`${PLAIN}&sslmode=verify-full`, { DATABASE_CA_FILE: path.join(folder, 'ca.pem') }),
    ).toThrow(/^DATABASE_CA_FILE names a file that cannot be read \(ENOENT\)$/);
  });

  it('is of no use to a server without TLS, and the tools do not mind', () => {
    expect(databaseAddress(PLAIN, { DATABASE_CA: 'PEM' })).toEqual({ connectionString: PLAIN, ssl: false });
  });
});
