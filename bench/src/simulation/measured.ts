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

export const COST: Readonly<Record<16 | 64 | 256, MeasuredCost>> = {
  16: {
    inFlight: 16,
    perSecond: 47.7,
    completedMs: { p50: 329, p99: 528 },
    cpuMs: {
      ...{ gateway: 3.68, orders: 5.28, inventory: 2.92, payments: 3.47, logistics: 3.89, notifications: 4.31 },
      ...{ promotions: 1.25, PostgreSQL: 7.36, RabbitMQ: 5.49 },
    },
    loadMs: 1.08,
    commits: { orders: 1.34, inventory: 0.73, payments: 0.88, logistics: 1, notifications: 0.96, promotions: 0.46 },
    amqp: { sent: 6.3, sentByOrders: 3.4, delivered: 7.1 },
    fsyncs: 4.87,
    walBytes: 38_100,
  },
  64: {
    inFlight: 64,
    perSecond: 83.6,
    completedMs: { p50: 698, p99: 838 },
    cpuMs: {
      ...{ gateway: 2.65, orders: 2.89, inventory: 1.34, payments: 2.21, logistics: 2.41, notifications: 2.21 },
      ...{ promotions: 0.67, PostgreSQL: 4.51, RabbitMQ: 2.77 },
    },
    loadMs: 0.83,
    commits: { orders: 0.39, inventory: 0.3, payments: 0.37, logistics: 0.41, notifications: 0.35, promotions: 0.14 },
    amqp: { sent: 3.8, sentByOrders: 2, delivered: 4.1 },
    fsyncs: 1.71,
    walBytes: 36_800,
  },
  256: {
    inFlight: 256,
    perSecond: 118.3,
    completedMs: { p50: 1_608, p99: 2_173 },
    cpuMs: {
      ...{ gateway: 1.71, orders: 2.07, inventory: 0.98, payments: 1.32, logistics: 1.48, notifications: 1.73 },
      ...{ promotions: 0.46, PostgreSQL: 3.24, RabbitMQ: 2.03 },
    },
    loadMs: 0.67,
    commits: { orders: 0.14, inventory: 0.15, payments: 0.17, logistics: 0.18, notifications: 0.19, promotions: 0.07 },
    amqp: { sent: 3, sentByOrders: 1.5, delivered: 3.1 },
    fsyncs: 0.96,
    walBytes: 36_000,
  },
};

export const WALLS: MeasuredWalls = {
  queuePerSecond: 11_500,
  rowPerSecond: 7_500,
  walMbPerSecond: 150,
  fsyncMs: 0.11,
  liveMsPerOrder: 0.6,
  idleShare: 0.004,
};
