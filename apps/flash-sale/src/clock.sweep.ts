import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import { Publisher } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { DueTask } from '@sluice/service-kit';
import { Pool } from 'pg';
import { REPORT_EVERY_MS } from './progress.js';
import { applyClock, saleKeys, shelve } from './sale.js';
import { SaleRepository } from './sale.repository.js';

/**
 * While a sale is due, the interval of the sweeps, so the longest delay of the opening for subscribers; claims are
 * judged by the clock itself. Otherwise no sweep runs before the next instant of a sale or a change by this process.
 * `atMost` is the delay of a change whose process has crashed right after it.
 */
const PACE_MS = { atLeast: 250, atMost: 5_000 };
/** More sales than are active at a time; otherwise the next sweep continues. */
const BATCH_SIZE = 100;

/** Due by the clock of the database, which the rules use too. The states are those of the index. */
const DUE = `
  SELECT id FROM sales
  WHERE state IN ('scheduled', 'open', 'sold-out') AND (
    closes_at <= now() OR (state = 'scheduled' AND opens_at <= now())
    OR (told_at <= now() - interval '${REPORT_EVERY_MS} milliseconds'
      AND (version > told_version OR drained > told_drained))
  )
  ORDER BY closes_at LIMIT ${BATCH_SIZE}`;

/**
 * Claims accepted before the close are in the queue this long after it, in ms: the gateway waits up to 2 s for the
 * broker's confirm.
 */
const LET_IN_BY_MS = 3_000;

/** Closed sales whose unsold pieces are kept for claims in the queue. */
const KEPT = `
  SELECT id, shelve_at <= now() AS due FROM sales
  WHERE shelve_at IS NOT NULL AND closes_at <= now() - interval '${LET_IN_BY_MS} milliseconds'
  ORDER BY shelve_at LIMIT ${BATCH_SIZE}`;

/**
 * Time until a sale is due by the conditions above; NULL: no sale is. Only the broker says when the pieces of a closed
 * sale can be returned, so such a sale is due until then.
 */
const NEXT = `
  SELECT (extract(epoch FROM min(due_at) - now()) * 1000)::float8 AS "dueInMs" FROM (
    SELECT least(
      closes_at,
      CASE WHEN state = 'scheduled' THEN opens_at END,
      CASE WHEN version > told_version OR drained > told_drained
        THEN told_at + interval '${REPORT_EVERY_MS} milliseconds' END
    ) AS due_at
    FROM sales WHERE state IN ('scheduled', 'open', 'sold-out')
    UNION ALL
    SELECT now() FROM sales WHERE shelve_at IS NOT NULL
  ) AS dues`;

/** The claim queue, and the queue of claims that are retried. */
const CLAIM_QUEUE = ['flash-sale.claims', 'flash-sale.claims-again'];

/** Opens and closes sales, and publishes progress that no later message has published. Several processes may sweep. */
@Injectable()
export class ClockSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #task = new DueTask('clock', PACE_MS, () => this.#sweep());

  constructor(
    private readonly sales: SaleRepository,
    private readonly pool: Pool,
    private readonly publisher: Publisher,
  ) {}

  onApplicationBootstrap(): void {
    this.sales.events.on('commit', () => this.#task.wake());
    this.#task.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#task.stop();
  }

  /** @returns in how many ms the next sale is due */
  async #sweep(): Promise<number | undefined> {
    const { rows } = await this.pool.query<{ id: string }>(DUE);
    await Promise.all(rows.map(({ id }) => this.#applyClock(id)));
    await this.#shelve();
    const next = await this.pool.query<{ dueInMs: number | null }>(NEXT);
    return next.rows[0]?.dueInMs ?? undefined;
  }

  async #shelve(): Promise<void> {
    const { rows } = await this.pool.query<{ id: string; due: boolean }>(KEPT);
    const queueIsEmpty = rows.length > 0 && (await this.#isQueueEmpty());
    await Promise.all(rows.filter(({ due }) => due || queueIsEmpty).map(({ id }) => this.#shelveOne(id, queueIsEmpty)));
  }

  #applyClock(saleId: string) {
    return this.sales.change(messageOf(saleId), saleKeys({ saleId }), (state, now) =>
      applyClock(state, { saleId }, now),
    );
  }

  #shelveOne(saleId: string, queueIsEmpty: boolean) {
    return this.sales.change(messageOf(saleId), saleKeys({ saleId }), (state, now) =>
      shelve(state, { saleId, queueIsEmpty }, now),
    );
  }

  /** If the broker does not return the length of a queue, the pieces are kept for the longest time. */
  async #isQueueEmpty(): Promise<boolean> {
    const depths = await Promise.all(CLAIM_QUEUE.map((queue) => this.publisher.depth(queue).catch(() => undefined)));
    return depths.every((depth) => depth === 0);
  }
}

/** Has a new id each time: the rule checks again under the sale's lock whether something is due. */
const messageOf = (saleId: string): Message => ({
  id: newId(),
  type: 'flash-sale.clock',
  version: 1,
  correlationId: saleId,
  time: new Date().toISOString(),
  data: { saleId },
});
