export interface BenchmarkPlan {
  /** Time of a full run on two idle cores, boot included. Seconds. */
  seconds: number;
  /** Whether a PostgreSQL and a RabbitMQ are started for it, and named in DATABASE_URL and AMQP_URL. */
  servers: boolean;
  /** Whether it is run only when it is named: it compares nothing, and explains how far the system goes. */
  byName?: boolean;
}

/** Benchmarks in the order of the table; each is the file of its name in benchmarks/. */
export const BENCHMARKS: Readonly<Record<string, BenchmarkPlan>> = {
  orders: { seconds: 465, servers: false },
  'hot-product': { seconds: 100, servers: false },
  growth: { seconds: 290, servers: false },
  publish: { seconds: 60, servers: true },
  rpc: { seconds: 60, servers: true },
  hop: { seconds: 60, servers: true },
  backlog: { seconds: 130, servers: true },
  'flash-sale': { seconds: 70, servers: true },
  streams: { seconds: 60, servers: false },
  overload: { seconds: 150, servers: false },
  start: { seconds: 50, servers: false },
  cost: { seconds: 75, servers: false, byName: true },
  walls: { seconds: 50, servers: true, byName: true },
  replicas: { seconds: 80, servers: false, byName: true },
  scale: { seconds: 20, servers: false, byName: true },
};

/** What runs when none is named. */
export const TABLE: Readonly<Record<string, BenchmarkPlan>> = Object.fromEntries(
  Object.entries(BENCHMARKS).filter(([, { byName }]) => !byName),
);
