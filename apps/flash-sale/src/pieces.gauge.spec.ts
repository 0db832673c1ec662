import { createPool } from '@sluice/persistence';
import { testDatabase, dropConstraints } from '@sluice/testing';
import { register } from 'prom-client';
import { expect, it } from 'vitest';
import { PiecesGauge } from './pieces.gauge.js';

it('exports the parts of the running sales, and not of those that are over', async () => {
  const database = await testDatabase('flash-sale');
  const pool = createPool(database.url);
  const gauge = new PiecesGauge(pool);
  const values = async (): Promise<unknown> =>
    (await register.getSingleMetric('sluice_sale_pieces')!.get()).values.map(({ labels, value }) => [
      labels['part'],
      value,
    ]);
  try {
    await dropConstraints(database);
    await database.pool.query(`INSERT INTO sales (id, state, remaining, held, sold, version)
        SELECT gen_random_uuid(), state, remaining, held, sold, 1
        FROM (VALUES ('open', 3, 2, 1), ('sold-out', 0, 20, 10), ('closed', 100, 0, 100), ('scheduled', 50, 0, 0))
          AS sale (state, remaining, held, sold)`);
    expect(await values()).toEqual([]);
    gauge.onApplicationBootstrap();
    expect(await values()).toEqual([
      ['remaining', 3],
      ['held', 22],
      ['sold', 11],
    ]);
    gauge.beforeApplicationShutdown();
    expect(await values()).toEqual([]);
  } finally {
    await pool.end();
    await database.close();
  }
});
