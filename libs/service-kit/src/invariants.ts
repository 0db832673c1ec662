import { Logger } from '@nestjs/common';
import type { Pool } from 'pg';
import { Counter } from 'prom-client';
import { ScrapeTimeGauge, type Numbers } from './scrape-time-gauge.js';
import { oneLine } from './run-process.js';

/** A condition that always holds in a service's own database. */
export interface Invariant {
  /** In snake_case; names the condition, not its violation. */
  name: string;
  /** Selects the `id` of every row that violates it. The invariant holds at any moment, not only without load. */
  sql: string;
}

/** A check that takes longer is cancelled and counted as failed, to protect the database. Milliseconds. */
const STATEMENT_TIMEOUT_MS = 2_000;
/** Maximum number of violations that are counted. */
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

/** Violations by invariant, as the last check has found them; undefined: it could not be checked. */
export type Verdicts = Readonly<Record<string, number | undefined>>;

/** Checks the invariants once. */
export async function verdictsOf(pool: Pool, invariants: readonly Invariant[]): Promise<Verdicts> {
  const counts = await countAll(pool, invariants);
  return Object.fromEntries(invariants.map(({ name }) => [name, counts[name]]));
}

/** Checks the invariants with each scrape of the metrics. @returns a function that stops the checks */
export function watchInvariants(pool: Pool, invariants: readonly Invariant[]): () => void {
  return violations.addSource(() => countAll(pool, invariants));
}

/**
 * Returns ids that violate an invariant, at most `limit`.
 * @throws Error when the database does not respond within 2 s
 */
export async function broken(pool: Pool, { sql }: Invariant, limit: number): Promise<string[]> {
  const rows = await readOnly<{ id: string }>(pool, `SELECT id::text FROM (${sql}) AS broken LIMIT ${limit}`);
  return rows.map(({ id }) => id);
}

/** Counts one invariant after the other, so that a scrape uses only one connection of the pool. */
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

/** Runs a query in a read-only transaction. @throws Error when it takes more than 2 s */
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
