import type { BenchRun } from '../benchmark.js';
import type { Parts } from '../processes.js';

export interface PlacedOrder {
  /** Resolves when the order is completed: paid, and its parcel delivered. */
  completed: Promise<void>;
}

/** Counters of a PostgreSQL server since its start. */
export interface WalCounters {
  walBytes: number;
  /** Pages that were written whole, because it was their first change since the last checkpoint. */
  fullPages: number;
  fsyncs: number;
}

/** A system that processes orders, with fresh data. */
export interface RunningSystem {
  /** Resolves when the system has accepted the order and will not lose it. */
  place(): Promise<PlacedOrder>;
  /** Processes by the part of the system; servers included. */
  parts: Parts;
  /** Absent when the system does not use PostgreSQL. */
  wal?(): Promise<WalCounters>;
  /** Further counters, by name: commits of each database, bytes. */
  counters?(): Promise<Record<string, number>>;
  /**
   * Waits until nothing is under way, and checks that nothing was lost or doubled. Absent when the system has no audit.
   * @throws Error with what it found
   */
  audit?(): Promise<void>;
  stop(): Promise<void>;
}

export type StartSystem = (run: BenchRun) => Promise<RunningSystem>;

/** Every order of every system: one piece of one of 50 products for one of 500 customers. */
export const PRODUCTS = 50;
export const CUSTOMERS = 500;
/** More than any run sells of one product. */
export const PIECES = 1_000_000;
export const CENTS = 1_000;
