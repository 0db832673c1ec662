import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Repeating } from '@sluice/service-kit';
import { Pool } from 'pg';
import { FORGOTTEN_AFTER_MS } from './sign-in-failures.js';

/** What is forgotten is still there for so long at most. Milliseconds. */
const EVERY_MS = 600_000;

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

  async sweep(now = Date.now()): Promise<void> {
    await this.pool.query('DELETE FROM sign_in_failures WHERE last_at < $1', [new Date(now - FORGOTTEN_AFTER_MS)]);
  }
}
