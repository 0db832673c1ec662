import type { ServiceName } from './flow.js';

/** What an order costs at a load, as `npm run bench -- cost` prints it. Per completed order. */
export interface MeasuredCost {
  inFlight: number;
  perSecond: number;
  /** From the request to the completion: median, and what 99 of 100 stay below. Milliseconds. */
  completedMs: { p50: number; p99: number };
  /** Processor time by part. Milliseconds. */
  cpuMs: Readonly<Record<ServiceName | 'gateway' | 'PostgreSQL' | 'RabbitMQ', number>>;
  /** Of the generator of the load, on the same processors. Milliseconds. */
  loadMs: number;
  /** Commits of the units of work. */
  commits: Readonly<Record<ServiceName, number>>;
  /** AMQP messages that services have sent, and those that orders has sent; those that services were delivered. */
  amqp: { sent: number; sentByOrders: number; delivered: number };
  fsyncs: number;
  walBytes: number;
}

/** What one of each carries, and what has been measured beside an order. */
export interface MeasuredWalls {
  /** AMQP messages of 1 kB through one quorum queue: confirmed, delivered, acknowledged. Per second. */
  queuePerSecond: number;
  /** Changes of one row with group commit. Per second. */
  rowPerSecond: number;
  /** Log of one PostgreSQL. MB (10^6 bytes) per second. */
  walMbPerSecond: number;
  /** One write of 8 kB to the disk. Milliseconds. */
  fsyncMs: number;
  /** Processor time of a gateway without requests, for each order of others. Milliseconds. */
  liveMsPerOrder: number;
  /** Of a process that does nothing. Share of a core. */
  idleShare: number;
}

/**
 * Computed: `npm run bench -- cost` of 2026-11-30 (two cores, Node 20.20.2, PostgreSQL 15.18, RabbitMQ 3.10.8; 16 and
 * 64 in flight at 14:45 UTC, 256 at 14:41), times what decision 51 and shared reads have changed. That ratio is of two
 * runs of the version before and three of the one behind, in turn, on a machine that was half as fast.
 */
export const COST: Readonly<Record<16 | 64 | 256, MeasuredCost>> = {
  16: {
    inFlight: 16,
    perSecond: 67.0,
    completedMs: { p50: 221, p99: 322 },
    cpuMs: {
      gateway: 2.78,
      orders: 3.84,
      inventory: 1.47,
      payments: 2.02,
      logistics: 2.4,
      notifications: 2.76,
      promotions: 1.11,
      PostgreSQL: 5.9,
      RabbitMQ: 4.16,
    },
    loadMs: 0.87,
    commits: { orders: 0.92, inventory: 0.59, payments: 0.78, logistics: 0.59, notifications: 0.79, promotions: 0.32 },
    amqp: { sent: 5.22, sentByOrders: 2.62, delivered: 6.02 },
    fsyncs: 3.43,
    walBytes: 35900,
  },
  64: {
    inFlight: 64,
    perSecond: 133.1,
    completedMs: { p50: 436, p99: 553 },
    cpuMs: {
      gateway: 1.41,
      orders: 2.43,
      inventory: 0.98,
      payments: 1.21,
      logistics: 0.99,
      notifications: 1.66,
      promotions: 0.53,
      PostgreSQL: 2.76,
      RabbitMQ: 2,
    },
    loadMs: 0.46,
    commits: { orders: 0.26, inventory: 0.16, payments: 0.26, logistics: 0.19, notifications: 0.27, promotions: 0.1 },
    amqp: { sent: 3.01, sentByOrders: 1.52, delivered: 3.28 },
    fsyncs: 1.22,
    walBytes: 32100,
  },
  256: {
    inFlight: 256,
    perSecond: 143.7,
    completedMs: { p50: 1696, p99: 2073 },
    cpuMs: {
      gateway: 1.63,
      orders: 1.94,
      inventory: 0.72,
      payments: 1.06,
      logistics: 1.13,
      notifications: 1.63,
      promotions: 0.34,
      PostgreSQL: 2.36,
      RabbitMQ: 1.56,
    },
    loadMs: 0.54,
    commits: { orders: 0.1, inventory: 0.11, payments: 0.2, logistics: 0.15, notifications: 0.17, promotions: 0.06 },
    amqp: { sent: 2.76, sentByOrders: 1.4, delivered: 3 },
    fsyncs: 0.81,
    walBytes: 34500,
  },
};

export const WALLS: MeasuredWalls = {
  // walls, 2026-11-30, "one queue, 1 kB": median of 10,838 to 15,297. A lower bound: both cores were full.
  queuePerSecond: 11_500,
  // walls, "one row, two services": median of 6,927 to 9,191. A lower bound too.
  rowPerSecond: 7_500,
  // The statement of walls, "WAL of one PostgreSQL, 2 connections", six times on a very busy machine: 66 to 95. A lower
  // bound.
  walMbPerSecond: 95,
  // walls, "write of 8 kB to the disk": 0.09 to 0.11.
  fsyncMs: 0.1,
  // replicas, "a gateway without requests": 0.40 with 128 in flight, 0.62 with 64.
  liveMsPerOrder: 0.4,
  // orders, "% of a core when idle" of nine processes and their servers: 2.5 to 9.8 (docs/performance.md).
  idleShare: 0.004,
};
