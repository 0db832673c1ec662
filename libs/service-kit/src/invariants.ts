import { Logger } from '@nestjs/common';
import type { Pool } from 'pg';
import { Counter } from 'prom-client';
import { ScrapeTimeGauge, type Numbers } from './scrape-time-gauge.js';
import { oneLine } from './run-process.js';

/** Something that always holds in a service's own database. */
export interface Invariant {
  /** In snake_case; what holds, not what is broken. */
  name: string;
  /** Selects the `id` of every row that breaks it. It holds at any moment, not only when the system is quiet. */
  sql: string;
}

/** A check that takes longer is not worth what it costs; it is counted as failed. Milliseconds. */
const STATEMENT_TIMEOUT_MS = 2_000;
/** More rows than this are as bad as this many. */
const COUNTED = 1_000;

const violations = new ScrapeTimeGauge({
  name: 'sluice_invariant_violations',
  help: `Rows that break what must always hold, at most ${COUNTED} of each.`,
  label: 'invariant',
});
const failures = new Counter({
  name: 'sluice_invariant_checks_failed_total',
  help: 'Checks of an invariant that failed or took too long: it is not known whether it holds.',
  labelNames: ['invariant'],
});

/** Checks what must always hold whenever somebody scrapes. @returns what ends it */
export function watchInvariants(pool: Pool, invariants: readonly Invariant[]): () => void {
  return violations.addSource(() => countAll(pool, invariants));
}

/** The ids that break an invariant, at most `limit`. @throws Error when the database does not answer within 2 s */
export async function broken(pool: Pool, { sql }: Invariant, limit: number): Promise<string[]> {
  const rows = await readOnly<{ id: string }>(pool, `SELECT id::text FROM (${sql}) AS broken LIMIT ${limit}`);
  return rows.map(({ id }) => id);
}

/** One after the other, so that a scrape takes one connection of the pool and no more. */
async function countAll(pool: Pool, invariants: readonly Invariant[]): Promise<Numbers> {
  const counts: Record<string, number> = {};
  for (const invariant of invariants) {
    try {
      counts[invariant.name] = (await broken(pool, invariant, COUNTED)).length;
    } catch (error) {
      failures.inc({ invariant: invariant.name });
      new Logger('invariants').warn(`${invariant.name} could not be checked: ${oneLine(error)}`);
    }
  }
  return counts;
}

/** The rows of a query that changes nothing and holds up nobody for long. @throws Error when it takes more than 2 s */
export async function readOnly<Row extends object>(pool: Pool, sql: string): Promise<Row[]> {
  const client = await pool.connect();
  try {
    await client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.query('ROLLBACK').then(
      () => client.release(),
      (error: Error) => client.release(error),
    );
  }
}
