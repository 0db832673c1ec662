import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import { connectionLimit, ensureDatabases, migrationUrls, newDatabasePassword } from './databases.js';
import { StateDirectory } from '../state-directory.js';
import { queryRows } from './query-rows.js';

const admin = process.env['DATABASE_URL'] ?? '';
const named = (name: string) => `test-${randomBytes(4).toString('hex')}-${name}`;
const [orders, payments, former] = [named('orders'), named('payments'), named('former')];
const nameOf = (service: string) => `sluice_${service.replaceAll('-', '_')}`;

let stateDirectory: StateDirectory;
let urls: Record<string, string>;
const urlOf = (service: string): string => urls[service] ?? '';
beforeAll(async () => {
  stateDirectory = new StateDirectory(mkdtempSync(path.join(tmpdir(), 'databases-')));
  urls = await ensureDatabases(admin, [orders, payments], stateDirectory);
});
afterAll(async () => {
  for (const name of [orders, payments, former].map(nameOf)) {
    await queryRows(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await queryRows(admin, `DROP ROLE IF EXISTS ${name}, ${name}_owner`);
  }
  rmSync(stateDirectory.dir, { recursive: true });
});

const withDatabase = (url: string, pathname: string) => Object.assign(new URL(url), { pathname }).href;

describe("a service's role", () => {
  /** As the owner, which migrations are. */
  const migrated = async (service: string, sql: string) =>
    queryRows((await migrationUrls(admin, [service]))[service] ?? '', sql);

  it('reads and writes the rows of its own database, also of tables that are made later', async () => {
    await migrated(orders, 'CREATE TABLE things (id serial PRIMARY KEY, one int)');
    await queryRows(urlOf(orders), 'INSERT INTO things (one) VALUES (1), (2)');
    await queryRows(urlOf(orders), 'UPDATE things SET one = one + 1');
    await queryRows(urlOf(orders), 'DELETE FROM things WHERE one = 3');
    expect(await queryRows(urlOf(orders), 'SELECT one FROM things')).toEqual([{ one: 2 }]);
  });

  it('changes no table, makes nothing, and cannot become the owner', async () => {
    await migrated(orders, 'CREATE TABLE kept (one int)');
    const tried = [
      'CREATE TABLE more ()',
      'CREATE TEMP TABLE more ()',
      'CREATE SCHEMA more',
      'ALTER TABLE kept ADD two int',
      'DROP TABLE kept',
      'TRUNCATE kept',
      'CREATE INDEX ON kept (one)',
      'CREATE FUNCTION more() RETURNS int LANGUAGE sql AS $$SELECT 1$$',
      `SET ROLE ${nameOf(orders)}_owner`,
      `DROP DATABASE ${nameOf(orders)}`,
    ];
    for (const sql of tried)
      await expect(queryRows(urlOf(orders), sql), sql).rejects.toThrow(
        /permission denied|must be owner|must be a member|no privileges|cannot drop the currently open database/,
      );
  });

  it('has a bounded number of connections, so that it keeps no other service out', async () => {
    const [settings] = await queryRows<{ max: number }>(admin, "SELECT current_setting('max_connections')::int AS max");
    const [role] = await queryRows(admin, `SELECT rolconnlimit FROM pg_roles WHERE rolname = '${nameOf(orders)}'`);
    expect(role?.['rolconnlimit']).toBe(Math.max(20, Math.floor(Number(settings?.max) / 4)));
    expect([
      connectionLimit(400, {}),
      connectionLimit(40, {}),
      connectionLimit(400, { DATABASE_CONNECTIONS_PER_SERVICE: '30' }),
    ]).toEqual([100, 20, 30]);
    expect(() => connectionLimit(400, { DATABASE_CONNECTIONS_PER_SERVICE: 'many' })).toThrow(
      'DATABASE_CONNECTIONS_PER_SERVICE is "many"',
    );
    await queryRows(admin, `ALTER ROLE ${nameOf(orders)} CONNECTION LIMIT 1`);
    const first = new pg.Client(urlOf(orders));
    await first.connect();
    await expect(queryRows(urlOf(orders), 'SELECT 1')).rejects.toThrow('too many connections for role');
    await first.end();
    await ensureDatabases(admin, [orders], stateDirectory);
    expect(await queryRows(urlOf(orders), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('loses what it owned before there was an owner, and keeps its rows and its work', async () => {
    const [role, password] = [nameOf(former), 'of-before'];
    for (const sql of [
      `CREATE ROLE ${role} LOGIN PASSWORD '${password}'`,
      `GRANT ${role} TO CURRENT_USER`,
      `CREATE DATABASE ${role} OWNER ${role}`,
      `REVOKE ALL ON DATABASE ${role} FROM PUBLIC`,
    ])
      await queryRows(admin, sql);
    stateDirectory.remember('databases', { ...stateDirectory.recall('databases'), [role]: password });
    const before = Object.assign(new URL(admin), { pathname: role, username: role, password }).href;
    await queryRows(
      before,
      "CREATE TABLE outbox (id serial, one int); CREATE TABLE _prisma_migrations (name text); INSERT INTO outbox (one) VALUES (7); INSERT INTO _prisma_migrations VALUES ('init')",
    );
    const running = new pg.Client(before);
    await running.connect();
    expect(await ensureDatabases(admin, [former], stateDirectory)).toEqual({ [former]: before });
    await running.query('INSERT INTO outbox (one) VALUES (8)');
    expect((await running.query('SELECT one FROM outbox ORDER BY id')).rows).toEqual([{ one: 7 }, { one: 8 }]);
    for (const sql of ['ALTER TABLE outbox ADD two int', 'CREATE TABLE more ()', 'DELETE FROM _prisma_migrations'])
      await expect(running.query(sql), sql).rejects.toThrow(/permission denied|must be owner/);
    await running.end();
    const owners = await queryRows(
      Object.assign(new URL(admin), { pathname: role }).href,
      "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'",
    );
    expect(owners).toEqual([{ tableowner: `${role}_owner` }]);
  });

  it("cannot connect to another service's database", async () => {
    await expect(queryRows(withDatabase(urlOf(orders), nameOf(payments)), 'SELECT 1')).rejects.toThrow(
      `permission denied for database "${nameOf(payments)}"`,
    );
  });

  it('cannot make databases, roles, or itself more than it is', async () => {
    for (const sql of [
      'CREATE DATABASE more',
      'CREATE ROLE more',
      `ALTER ROLE ${nameOf(orders)} SUPERUSER`,
      `GRANT ${nameOf(payments)} TO ${nameOf(orders)}`,
      "COPY (SELECT 1) TO PROGRAM 'true'",
    ]) {
      await expect(queryRows(urlOf(orders), sql), sql).rejects.toThrow(
        /permission denied|must be superuser|must have admin option/,
      );
    }
  });

  it('keeps its password, until it is given a new one', async () => {
    expect(await ensureDatabases(admin, [orders], stateDirectory)).toEqual({ [orders]: urls[orders] });
    const after = await newDatabasePassword(admin, orders, stateDirectory);
    expect(new URL(after).password).not.toBe(new URL(urlOf(orders)).password);
    expect(await queryRows(after, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await ensureDatabases(admin, [orders], stateDirectory)).toEqual({ [orders]: after });
  });
});
