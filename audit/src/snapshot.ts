import pg from 'pg';
import { databaseAddress } from '@sluice/stack/databases/address';
import { Failure } from '@sluice/stack/failure';

/** A check reads whole tables, and nobody waits for it; one that takes this long is stuck. Milliseconds. */
const STATEMENT_TIMEOUT_MS = 600_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Rows of one cursor in memory: some 1 MB. */
const PAGE = 2_000;

/** One service's database as it was at one moment, read-only. */
export interface Snapshot {
  /** @returns all rows: for few enough to be held at once */
  rows<T extends pg.QueryResultRow>(sql: string): Promise<T[]>;
  /** @returns any number of rows, some thousand in memory at a time */
  stream<T extends pg.QueryResultRow>(sql: string): AsyncGenerator<T>;
}
export type Snapshots = Readonly<Record<string, Snapshot>>;

class Database implements Snapshot {
  #cursors = 0;
  #latest: Promise<unknown> = Promise.resolve();

  private constructor(private readonly client: pg.Client) {}

  /** @throws Failure when it cannot be reached */
  static async open(service: string, url: string): Promise<Database> {
    const client = new pg.Client({
      ...databaseAddress(url),
      application_name: 'audit',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    client.on('error', () => {}); // the next query fails with it
    await client.connect().catch((error: Error & { code?: string }) => {
      throw new Failure(
        `the database of ${service} does not let us in: ${error.message || error.code}`,
        'Check DATABASE_URL, and that the system has been started once.',
      );
    });
    return new Database(client);
  }

  /** The snapshot is taken by the first SELECT. */
  begin(): Promise<unknown> {
    return this.#query(
      `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}; SELECT 1`,
    );
  }

  /** Soon, because deleted rows stay on the disk as long as a snapshot can see them. */
  end(): Promise<unknown> {
    return this.#query('ROLLBACK');
  }

  async rows<T extends pg.QueryResultRow>(sql: string): Promise<T[]> {
    return (await this.#query<T>(sql)).rows;
  }

  async *stream<T extends pg.QueryResultRow>(sql: string): AsyncGenerator<T> {
    const cursor = `audit_${this.#cursors++}`;
    await this.#query(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${sql}`);
    for (let full = true; full;) {
      const { rows } = await this.#query<T>(`FETCH ${PAGE} FROM ${cursor}`);
      yield* rows;
      full = rows.length === PAGE;
    }
  }

  close(): Promise<void> {
    return this.client.end().catch(() => {}); // closed already
  }

  /** One after the other: a connection executes one statement at a time. */
  #query<T extends pg.QueryResultRow>(sql: string): Promise<pg.QueryResult<T>> {
    const result = this.#latest.then(() => this.client.query<T>(sql));
    this.#latest = result.catch(() => {});
    return result;
  }
}

export class Databases {
  private constructor(private readonly byService: Readonly<Record<string, Database>>) {}

  /** @param urls by service @throws Failure naming the first that cannot be reached */
  static async open(urls: Readonly<Record<string, string>>): Promise<Databases> {
    const opening = Object.entries(urls).map(
      async ([service, url]) => [service, await Database.open(service, url)] as const,
    );
    const opened = await Promise.allSettled(opening);
    const databases = new Databases(
      Object.fromEntries(opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))),
    );
    const failed = opened.find((one) => one.status === 'rejected');
    if (!failed) return databases;
    await databases.close();
    throw failed.reason;
  }

  /** Takes a snapshot of each, as nearly as possible at one moment, for as long as `work` takes. */
  async atOneMoment<T>(work: (snapshots: Snapshots) => Promise<T>): Promise<T> {
    await this.#each((database) => database.begin());
    try {
      return await work(this.byService);
    } finally {
      await this.#each((database) => database.end()).catch(() => {}); // `work` failed with the same error
    }
  }

  async close(): Promise<void> {
    await this.#each((database) => database.close());
  }

  #each<T>(work: (database: Database) => Promise<T>): Promise<T[]> {
    return Promise.all(Object.values(this.byService).map(work));
  }
}
