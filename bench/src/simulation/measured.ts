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
 * `npm run bench -- cost` of 2026-11-30 on two cores, Node 20.20.2, PostgreSQL 15.18, RabbitMQ 3.10.8: 16 and 64 in
 * flight of the run of 14:45 UTC, 256 of that of 14:41, in which it was measured last, so that its code was warm.
 */
export const COST: Readonly<Record<16 | 64 | 256, MeasuredCost>> = {
  16: {
    inFlight: 16,
    perSecond: 61.3,
    completedMs: { p50: 248, p99: 363 },
    cpuMs: {
      gateway: 2.19,
      orders: 3.97,
      inventory: 1.78,
      payments: 2.31,
      logistics: 2.71,
      notifications: 2.96,
      promotions: 1.17,
      PostgreSQL: 7.21,
      RabbitMQ: 4.78,
    },
    loadMs: 0.76,
    commits: { orders: 1.26, inventory: 0.77, payments: 0.94, logistics: 1.14, notifications: 0.96, promotions: 0.36 },
    amqp: { sent: 6.54, sentByOrders: 3.41, delivered: 7.34 },
    fsyncs: 4.27,
    walBytes: 34800,
  },
  64: {
    inFlight: 64,
    perSecond: 123.0,
    completedMs: { p50: 482, p99: 682 },
    cpuMs: {
      gateway: 1.47,
      orders: 1.94,
      inventory: 0.96,
      payments: 1.22,
      logistics: 1.2,
      notifications: 1.78,
      promotions: 0.42,
      PostgreSQL: 3.53,
      RabbitMQ: 2.16,
    },
    loadMs: 0.46,
    commits: { orders: 0.36, inventory: 0.23, payments: 0.29, logistics: 0.33, notifications: 0.31, promotions: 0.11 },
    amqp: { sent: 3.4, sentByOrders: 1.71, delivered: 3.61 },
    fsyncs: 1.49,
    walBytes: 34100,
  },
  256: {
    inFlight: 256,
    perSecond: 137.4,
    completedMs: { p50: 1647, p99: 2014 },
    cpuMs: {
      gateway: 1.46,
      orders: 1.87,
      inventory: 0.73,
      payments: 1.15,
      logistics: 1.21,
      notifications: 1.68,
      promotions: 0.38,
      PostgreSQL: 3.04,
      RabbitMQ: 1.6,
    },
    loadMs: 0.52,
    commits: { orders: 0.11, inventory: 0.16, payments: 0.19, logistics: 0.22, notifications: 0.22, promotions: 0.07 },
    amqp: { sent: 2.96, sentByOrders: 1.5, delivered: 3.12 },
    fsyncs: 0.94,
    walBytes: 36900,
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
