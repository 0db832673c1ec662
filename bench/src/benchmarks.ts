export interface BenchmarkPlan {
  /** Time of a full run on two idle cores, boot included. Seconds. */
  seconds: number;
  /** Whether a PostgreSQL and a RabbitMQ are started for it, and named in DATABASE_URL and AMQP_URL. */
  servers: boolean;
}

/** Benchmarks in the order of the table; each is the file of its name in benchmarks/. */
export const BENCHMARKS: Readonly<Record<string, BenchmarkPlan>> = {
  orders: { seconds: 500, servers: false },
  'hot-product': { seconds: 80, servers: false },
  growth: { seconds: 90, servers: false },
  publish: { seconds: 80, servers: true },
  rpc: { seconds: 80, servers: true },
  hop: { seconds: 100, servers: true },
  backlog: { seconds: 230, servers: true },
  'flash-sale': { seconds: 120, servers: true },
  overload: { seconds: 150, servers: false },
  start: { seconds: 60, servers: false },
};
