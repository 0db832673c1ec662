import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { PeriodicTask } from '@sluice/service-kit';
import { Pool } from 'pg';
import { FORGOTTEN_AFTER_MS } from './sign-in-failures.js';

/** What is forgotten is still there for so long at most. Milliseconds. */
const EVERY_MS = 600_000;

/**
 * Rows that one statement forgets: some ms of work. All that a long attack leaves would take longer than a statement may,
 * every time.
 */
const BATCH = 10_000;

/** So long somebody is known at an address where they signed in. Days. */
const KNOWN_FOR_DAYS = 90;

const forget = (table: string, key: string, expired: string): string =>
  `DELETE FROM ${table} WHERE (${key}) IN (
    SELECT ${key} FROM ${table} WHERE ${expired} LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
  )`;

const FORGET = [
  forget('sign_in_failures', 'phone, client', `last_at < now() - interval '${FORGOTTEN_AFTER_MS} milliseconds'`),
  forget('known_addresses', 'id', `last_at < now() - interval '${KNOWN_FOR_DAYS} days'`),
  // Whatever these made void has ended by itself.
  forget('revocations', 'id', 'version > 0 AND expires_at < now()'),
];

/** Forgets failures, known addresses and revocations on which nothing depends. Any number of processes may sweep. */
@Injectable()
export class ExpiredSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #task = new PeriodicTask('expired rows', EVERY_MS, () => this.sweep());

  constructor(private readonly pool: Pool) {}

  onApplicationBootstrap(): void {
    this.#task.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#task.stop();
  }

  async sweep(): Promise<void> {
    for (const statement of FORGET) while ((await this.pool.query(statement)).rowCount === BATCH);
  }
}
