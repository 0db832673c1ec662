import type { TemporaryRun } from '@sluice/stack/temporary-run';
import type { Row } from './table/row.js';

export interface BenchRun extends TemporaryRun {
  /** One short round: shows that the benchmark works; its values mean nothing. */
  quick: boolean;
  /** Folder for CPU profiles; absent when none are made. */
  profiles?: string | undefined;
}

/** A part of the table that is measured in one process, by `npm run bench -- <name of its file>`. */
export interface Benchmark {
  measure(run: BenchRun): Promise<Row[]>;
}

/** What the process of a benchmark sends to the process that prints the table. */
export interface Report {
  rows: Row[];
  /** Processor time of the same fixed work before each measurement. Milliseconds. */
  fixedWorkMs: number[];
}
