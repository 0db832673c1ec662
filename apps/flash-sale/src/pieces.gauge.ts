import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ScrapeTimeGauge, readOnly } from '@sluice/service-kit';
import { Pool } from 'pg';

const pieces = new ScrapeTimeGauge({
  name: 'sluice_sale_pieces',
  help: 'Pieces of the sales that are open or sold out: for sale, won and not paid yet, sold.',
  label: 'part',
  maxAgeMs: 2_000,
});

const SQL = `
  SELECT coalesce(sum(remaining), 0) AS remaining, coalesce(sum(held), 0) AS held, coalesce(sum(sold), 0) AS sold
  FROM sales WHERE state IN ('open', 'sold-out')`;

/** Exports where the pieces of the running sales are. */
@Injectable()
export class PiecesGauge implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #end: (() => void) | undefined;

  constructor(private readonly pool: Pool) {}

  onApplicationBootstrap(): void {
    this.#end = pieces.addSource(
      async () => (await readOnly<{ remaining: number; held: number; sold: number }>(this.pool, SQL))[0]!,
    );
  }

  beforeApplicationShutdown(): void {
    this.#end?.();
  }
}
