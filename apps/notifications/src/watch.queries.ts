import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { ALERTED_AT_ONCE } from './watch.js';

const WATCHERS = `SELECT user_id AS "userId" FROM watches
  WHERE sku = $1 AND watching AND user_id > $2::uuid ORDER BY user_id LIMIT ${ALERTED_AT_ONCE}`;

/** Finds those who watch a product. */
@Injectable()
export class WatchQueries {
  constructor(private readonly pool: Pool) {}

  /** As many as one commit tells, in order, whose ids come after this one. */
  async watchersOf(sku: string, after: string): Promise<string[]> {
    const { rows } = await this.pool.query<{ userId: string }>(WATCHERS, [sku, after]);
    return rows.map(({ userId }) => userId);
  }
}
