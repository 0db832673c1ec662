import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Repeating } from '@sluice/service-kit';
import { Pool } from 'pg';
import { SalesRepository } from './sales.repository.js';
import { BEAT_MS } from './telling.js';

/** How late a sale may open for those who watch; claims go by the clock itself. Milliseconds. */
const EVERY_MS = 250;
/** More are not on at a time; should they be, the next sweep takes the next. */
const AT_ONCE = 100;

/** By the clock of the database, which the rules go by too. The states are those of the index. */
const DUE = `
  SELECT id FROM sales
  WHERE state IN ('scheduled', 'open', 'sold-out') AND (
    closes_at <= now() OR (state = 'scheduled' AND opens_at <= now())
    OR (told_at <= now() - interval '${BEAT_MS} milliseconds' AND (version > told_version OR drained > told_drained))
  )
  ORDER BY closes_at LIMIT ${AT_ONCE}`;

/** Opens and closes sales, and tells what no message has brought up. Any number of processes may sweep. */
@Injectable()
export class ClockSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #repeating = new Repeating('clock', EVERY_MS, () => this.#sweep());

  constructor(
    private readonly sales: SalesRepository,
    private readonly pool: Pool,
  ) {}

  onApplicationBootstrap(): void {
    this.#repeating.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#repeating.stop();
  }

  async #sweep(): Promise<void> {
    const { rows } = await this.pool.query<{ id: string }>(DUE);
    await Promise.all(rows.map(({ id }) => this.sales.lookAtClock(id)));
  }
}
