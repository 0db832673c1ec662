// @ts-nocheck
import { randomUUID } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { databaseAddress } from './address.js';

const CHAR_OID = 18; // pg_catalog."char": the engine reads it when it describes a schema, adapter-pg does not know it
const TEXT_OID = 25;

/** Prisma's PostgreSQL adapter, fit for migrations: one session each, scripts sent whole, "char" columns readable. */
export class MigrationAdapter extends PrismaPg {
  #url;
  #adminUrl;
  #open = new Set();

  /** @param {string} url @param {string} [adminUrl] of a user who may create databases: the shadow database is his */
  constructor(url, adminUrl = url) {
    super(url);
    this.#url = url;
    this.#adminUrl = adminUrl;
  }

  connect() {
    return this.#session(this.#url);
  }

  /** An empty database beside the real one, in which the engine replays the migrations. */
  async connectToShadowDb() {
    const admin = await this.#session(this.#adminUrl);
    const name = `prisma_migrate_shadow_db_${randomUUID()}`;
    await admin.executeScript(`CREATE DATABASE "${name}"`);
    const url = new URL(this.#adminUrl);
    url.pathname = `/${name}`;
    return afterDispose(await this.#session(url.href), async () => {
      await admin.executeScript(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
      await admin.dispose();
    });
  }

  async disposeAll() {
    for (const session of [...this.#open]) await session.dispose();
  }

  async #session(url) {
    const pool = new pg.Pool({ ...databaseAddress(url), max: 1, idleTimeoutMillis: 0 }); // 1: the advisory lock is the session's
    const session = readingChars(await new PrismaPg(pool, { disposeExternalPool: true }).connect());
    // The adapter's own cuts a script at every ";", which breaks functions and string literals.
    session.executeScript = (script) =>
      pool.query(script).then(
        () => {},
        (error) => session.onError(error),
      );
    this.#open.add(session);
    return afterDispose(session, () => this.#open.delete(session));
  }
}

/** Disposes once, and then does one thing more. */
function afterDispose(session, then) {
  const dispose = session.dispose.bind(session);
  let disposed;
  session.dispose = () => (disposed ??= dispose().then(then));
  return session;
}

/** Shows "char" columns as text to the adapter, and as characters to the engine. */
function readingChars(session) {
  const performIO = session.performIO.bind(session);
  const queryRaw = session.queryRaw.bind(session);
  let chars = [];
  session.performIO = async (query) => {
    const result = await performIO(query);
    const fields = result.fields ?? [];
    chars = fields.flatMap((field, index) => (field.dataTypeID === CHAR_OID ? [index] : []));
    for (const index of chars) fields[index].dataTypeID = TEXT_OID;
    return result;
  };
  session.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const index of chars) result.columnTypes[index] = ColumnTypeEnum.Character;
    return result;
  };
  return session;
}
