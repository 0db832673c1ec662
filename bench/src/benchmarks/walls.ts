import { Publisher } from '@sluice/messaging';
import { runningPostgres } from '@sluice/stack/postgres/postgres';
import { runningNode } from '@sluice/stack/rabbitmq/rabbitmq';
import type { Benchmark, BenchRun } from '../benchmark.js';
import { openPlace } from '../hop/place.js';
import { saturated } from '../hop/rounds.js';
import { spreadOut } from '../hop/stock.js';
import { measureInTurn, type Measured, type Sides } from '../rounds.js';
import type { Row } from '../table/row.js';
import { commitsPerSecond, fsyncMs, walMbPerSecond } from '../walls/database.js';
import { openClaimIntake } from '../walls/claim-intake.js';
import { openQueues, type QueueLoad } from '../walls/queue.js';

const MESSAGES = 3_000;
const oneRow = (): string => 'sku-0';

/** What one of each carries, of which a system cannot simply have more: a queue, a row, a PostgreSQL, a gateway. */
export const benchmark: Benchmark = {
  async measure(run) {
    const { pid } = runningNode(run.stateDirectory)!;
    const [place, intake, queues] = [await openPlace(), await openClaimIntake(), await openQueues(pid)];
    const feeder = new Publisher({ url: place.url });
    const hop = (skuOf: (index: number) => string, services: number) => async () => ({
      'per second': await saturated('group commit', place, feeder, run.quick ? 300 : MESSAGES, skuOf, services),
    });
    const through = (load: Omit<QueueLoad, 'seconds'>) => () => queues.through({ ...load, seconds: secondsOf(run) });
    const sides: Sides = {
      'one queue, 1 kB': through({ queues: 1, bytes: 1_000 }),
      'four queues, 1 kB': through({ queues: 4, bytes: 1_000 }),
      'one queue, 20 kB': through({ queues: 1, bytes: 20_000 }),
      ...databaseSides(run),
      'spread rows, one service': hop(spreadOut, 1),
      'one row, one service': hop(oneRow, 1),
      'one row, two services': hop(oneRow, 2),
      'one gateway, claims accepted': () => intake.accepted(run.quick ? 500 : 4_000),
      'one gateway, users refused': () => intake.refused(run.quick ? 500 : 4_000),
    };
    const options = { rounds: run.quick ? 1 : 2, withinSeconds: 25, progress: run.progress, required: [] };
    try {
      return rowsOf(Object.keys(sides), await measureInTurn(sides, options));
    } finally {
      await feeder.close();
      await Promise.all([queues.close(), intake.close(), place.close()]);
    }
  },
};

const secondsOf = ({ quick }: BenchRun): number => (quick ? 0.3 : 1);

function databaseSides(run: BenchRun): Sides {
  const { pid } = runningPostgres(run.stateDirectory)!;
  const commits = (connections: number) => () => commitsPerSecond(connections, secondsOf(run), pid);
  return {
    'one PostgreSQL, 1 connection': commits(1),
    'one PostgreSQL, 32 connections': commits(32),
    'WAL of one PostgreSQL, 2 connections': () => walMbPerSecond(2),
    'write of 8 kB to the disk': async () => ({ 'ms to the disk': fsyncMs(run.stateDirectory.dir) }),
  };
}

const VALUES = ['per second', 'CPU µs', 'commits per fsync', 'MB per second', 'ms to the disk'];

const rowsOf = (names: readonly string[], measured: Measured): Row[] =>
  names.flatMap((name) =>
    VALUES.flatMap((value) => {
      const ours = measured.of(name, value);
      return ours.length > 0 ? [{ work: `${name}: ${value}`, digits: value === 'ms to the disk' ? 2 : 0, ours }] : [];
    }),
  );
