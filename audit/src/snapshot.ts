// @ts-nocheck
import pg from 'pg';
import { databaseAddress } from '@sluice/stack/databases/address';
import { Failure } from '@sluice/stack/failure';

/** A check reads whole tables, and nobody waits for it; one that takes this long is stuck. Milliseconds. */
const STATEMENT_TIMEOUT_MS = 600_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Rows of one source in memory: some 1 MB. */
const PAGE = 2_000;

/** A service's database, of which a snapshot can be taken: what is read then is as it was at one moment, and nothing can be changed. */
class Database {
  #client;
  #cursors = 0;
  #latest = Promise.resolve();

  constructor(client) {
    this.#client = client;
  }

  /** @param {string} service @param {string} url @throws {Failure} when it cannot be reached */
  static async open(service, url) {
    const client = new pg.Client({
      ...databaseAddress(url),
      application_name: 'audit',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    client.on('error', () => {}); // whoever asks next hears of it
    await client.connect().catch((error) => {
      throw new Failure(
        `the database of ${service} does not let us in: ${error.message || error.code}`,
        'Check DATABASE_URL, and that the system has been started once.',
      );
    });
    return new Database(client);
  }

  /** The first look is the moment. */
  begin() {
    return this.#query(
      `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}; SELECT 1`,
    );
  }

  /** Soon, for what others delete meanwhile stays on the disk for as long. */
  end() {
    return this.#query('ROLLBACK');
  }

  /** @param {string} sql @returns {Promise<any[]>} few enough to be held at once */
  async rows(sql) {
    return (await this.#query(sql)).rows;
  }

  /** @param {string} sql @returns {AsyncGenerator<any>} any number of rows, some thousand in memory at a time */
  async *stream(sql) {
    const cursor = `audit_${this.#cursors++}`;
    await this.#query(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${sql}`);
    for (let full = true; full;) {
      const { rows } = await this.#query(`FETCH ${PAGE} FROM ${cursor}`);
      yield* rows;
      full = rows.length === PAGE;
    }
  }

  close() {
    return this.#client.end().catch(() => {}); // gone already
  }

  /** One after the other, whoever asks: a connection does one thing at a time. */
  #query(sql) {
    const result = this.#latest.then(() => this.#client.query(sql));
    this.#latest = result.catch(() => {});
    return result;
  }
}

/** The databases of all services. */
export class Databases {
  #byService;

  /** @param {Record<string, Database>} byService */
  constructor(byService) {
    this.#byService = byService;
  }

  /** @param {Record<string, string>} urls by service @throws {Failure} naming the first that cannot be reached */
  static async open(urls) {
    const opened = await Promise.allSettled(
      Object.entries(urls).map(async ([service, url]) => [service, await Database.open(service, url)]),
    );
    const databases = new Databases(
      Object.fromEntries(opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))),
    );
    const failed = opened.find(({ status }) => status === 'rejected');
    if (!failed) return databases;
    await databases.close();
    throw failed.reason;
  }

  /**
   * All of them, as nearly as can be at one moment, for as long as `work` takes.
   * @template T @param {(snapshots: Record<string, Database>) => Promise<T>} work @returns {Promise<T>}
   */
  async atOneMoment(work) {
    await this.#each((database) => database.begin());
    try {
      return await work(this.#byService);
    } finally {
      await this.#each((database) => database.end()).catch(() => {}); // told by the work
    }
  }

  close() {
    return this.#each((database) => database.close());
  }

  #each(what) {
    return Promise.all(Object.values(this.#byService).map(what));
  }
}
