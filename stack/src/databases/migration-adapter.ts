import { randomUUID } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { databaseAddress } from './address.js';

const CHAR_OID = 18; // pg_catalog."char": the engine reads it when it describes a schema, adapter-pg does not have it
const TEXT_OID = 25;

/** Prisma's PostgreSQL adapter, fit for migrations: one session each, scripts sent whole, "char" columns readable. */
export class MigrationAdapter implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = 'postgres';
  readonly adapterName = '@prisma/adapter-pg';
  readonly #open = new Set<SqlDriverAdapter>();

  /** @param adminUrl of a user who may create databases: the shadow database is his */
  constructor(
    private readonly url: string,
    private readonly adminUrl: string = url,
  ) {}

  connect(): Promise<SqlDriverAdapter> {
    return this.#session(this.url);
  }

  /** An empty database beside the real one, in which the engine replays the migrations. */
  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    const admin = await this.#session(this.adminUrl);
    const name = `prisma_migrate_shadow_db_${randomUUID()}`;
    await admin.executeScript(`CREATE DATABASE "${name}"`);
    const url = Object.assign(new URL(this.adminUrl), { pathname: `/${name}` });
    return afterDispose(await this.#session(url.href), async () => {
      await admin.executeScript(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
      await admin.dispose();
    });
  }

  async disposeAll(): Promise<void> {
    for (const session of [...this.#open]) await session.dispose();
  }

  async #session(url: string): Promise<SqlDriverAdapter> {
    const pool = new pg.Pool({ ...databaseAddress(url), max: 1, idleTimeoutMillis: 0 }); // 1: the advisory lock is the session's
    const session: SqlDriverAdapter = await new PrismaPg(pool, { disposeExternalPool: true }).connect();
    readChars(pool, session);
    // The adapter's own cuts a script at every ";", which breaks functions and string literals.
    session.executeScript = async (sql) => void (await session.executeRaw({ sql, args: [], argTypes: [] }));
    this.#open.add(session);
    return afterDispose(session, async () => void this.#open.delete(session));
  }
}

function afterDispose(session: SqlDriverAdapter, then: () => Promise<void>): SqlDriverAdapter {
  const dispose = session.dispose.bind(session);
  let disposed: Promise<void> | undefined;
  session.dispose = () => (disposed ??= dispose().then(then));
  return session;
}

/** Shows "char" columns as text to the adapter, and as characters to the engine. */
function readChars(pool: pg.Pool, session: SqlDriverAdapter): void {
  let chars: number[] = [];
  const query = pool.query.bind(pool) as (config: pg.QueryArrayConfig) => Promise<pg.QueryArrayResult>;
  const queryAsText = async (config: pg.QueryArrayConfig): Promise<pg.QueryArrayResult> => {
    const result = await query(config);
    const fields = result.fields ?? []; // none for a script
    chars = fields.flatMap(({ dataTypeID }, index) => (dataTypeID === CHAR_OID ? [index] : []));
    for (const field of fields) if (field.dataTypeID === CHAR_OID) field.dataTypeID = TEXT_OID;
    return result;
  };
  Object.assign(pool, { query: queryAsText });
  const queryRaw = session.queryRaw.bind(session);
  session.queryRaw = async (sql) => {
    const result = await queryRaw(sql);
    for (const index of chars) result.columnTypes[index] = ColumnTypeEnum.Character;
    return result;
  };
}
