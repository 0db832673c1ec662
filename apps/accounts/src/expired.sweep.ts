import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { PeriodicTask } from '@sluice/service-kit';
import { Pool } from 'pg';
import { FORGOTTEN_AFTER_MS } from './sign-in-failure.js';

/** Interval between two sweeps: expired rows stay at most this long. Milliseconds. */
const EVERY_MS = 600_000;

/**
 * Rows deleted per statement: some ms of work. Deleting all rows of a long attack at once would exceed the statement
 * timeout every time.
 */
const BATCH = 10_000;

/** How long an address of a successful sign-in is remembered. Days. */
const KNOWN_FOR_DAYS = 90;

const forget = (table: string, key: string, expired: string): string =>
  `DELETE FROM ${table} WHERE (${key}) IN (
    SELECT ${key} FROM ${table} WHERE ${expired} LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
  )`;

const FORGET = [
  forget('sign_in_failures', 'phone, client', `last_at < now() - interval '${FORGOTTEN_AFTER_MS} milliseconds'`),
  forget('known_addresses', 'id', `last_at < now() - interval '${KNOWN_FOR_DAYS} days'`),
  // The tokens of these revocations have expired.
  forget('revocations', 'id', 'version > 0 AND expires_at < now()'),
];

/** Deletes failures, remembered addresses and revocations that no longer have an effect. Several processes may sweep. */
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
