import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Repeating } from '@sluice/service-kit';
import { Pool } from 'pg';
import { FORGOTTEN_AFTER_MS } from './sign-in-failures.js';

/** What is forgotten is still there for so long at most. Milliseconds. */
const EVERY_MS = 600_000;

/** Rows that one statement forgets: some ms of work. All that a long attack leaves would take longer than a statement may, every time. */
const BATCH = 10_000;

const FORGET = `DELETE FROM sign_in_failures WHERE (phone, client) IN (SELECT phone, client FROM sign_in_failures WHERE last_at < now() - interval '${FORGOTTEN_AFTER_MS} milliseconds' LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`;

/** Forgets who failed to sign in from where, as soon as nothing depends on it. Any number of processes may sweep. */
@Injectable()
export class SignInFailuresSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #repeating = new Repeating('sign-in failures', EVERY_MS, () => this.sweep());

  constructor(private readonly pool: Pool) {}

  onApplicationBootstrap(): void {
    this.#repeating.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#repeating.stop();
  }

  async sweep(): Promise<void> {
    while ((await this.pool.query(FORGET)).rowCount === BATCH);
  }
}
