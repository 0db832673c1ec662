import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureDatabases, newDatabasePassword } from './databases.mjs';
import { Home } from './home.mjs';
import { rowsOf } from './rows-of.mjs';

const admin = process.env.DATABASE_URL;
const [orders, payments] = ['orders', 'payments'].map((name) => `test-${randomBytes(4).toString('hex')}-${name}`);
const nameOf = (service) => `sluice_${service.replaceAll('-', '_')}`;

let home;
let urls;
beforeAll(async () => {
  home = new Home(mkdtempSync(path.join(tmpdir(), 'databases-')));
  urls = await ensureDatabases(admin, [orders, payments], home);
});
afterAll(async () => {
  for (const name of [orders, payments].map(nameOf)) {
    await rowsOf(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await rowsOf(admin, `DROP ROLE IF EXISTS ${name}`);
  }
  rmSync(home.dir, { recursive: true });
});

const withDatabase = (url, pathname) => Object.assign(new URL(url), { pathname }).href;

describe("a service's role", () => {
  it('does what it likes in its own database', async () => {
    await rowsOf(urls[orders], 'CREATE TABLE things AS SELECT 1 AS one');
    expect(await rowsOf(urls[orders], 'SELECT one FROM things')).toEqual([{ one: 1 }]);
  });

  it("cannot connect to another service's database", async () => {
    await expect(rowsOf(withDatabase(urls[orders], nameOf(payments)), 'SELECT 1')).rejects.toThrow(`permission denied for database "${nameOf(payments)}"`);
  });

  it('cannot make databases, roles, or itself more than it is', async () => {
    for (const sql of ['CREATE DATABASE more', 'CREATE ROLE more', `ALTER ROLE ${nameOf(orders)} SUPERUSER`, `GRANT ${nameOf(payments)} TO ${nameOf(orders)}`, "COPY (SELECT 1) TO PROGRAM 'true'"]) {
      await expect(rowsOf(urls[orders], sql), sql).rejects.toThrow(/permission denied|must be superuser|must have admin option/);
    }
  });

  it('keeps its password, until it is given a new one', async () => {
    expect(await ensureDatabases(admin, [orders], home)).toEqual({ [orders]: urls[orders] });
    const after = await newDatabasePassword(admin, orders, home);
    expect(new URL(after).password).not.toBe(new URL(urls[orders]).password);
    expect(await rowsOf(after, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await ensureDatabases(admin, [orders], home)).toEqual({ [orders]: after });
  });
});
