import { SERVICES, type ServiceName } from './flow.js';

/** What a system consists of. */
export interface Layout {
  /** Of all machines together. */
  cores: number;
  /** Processes of each service, each with one thread. */
  processes: Readonly<Record<ServiceName | 'gateway', number>>;
  /** PostgreSQL servers: one for all services, or one for each service. */
  databases: 'one' | 'one per service';
  /** Cores that one PostgreSQL can use, and one node of the broker. */
  postgresCores: number;
  brokerNodes: number;
  brokerCores: number;
  /** Nodes that hold each message of a queue. */
  copies: number;
  /** Queues into which each queue of a service is divided, each with a leader of its own. */
  partitions: number;
  /** Who reads the live facts of an order: every gateway, as it is built, or the one that shows it. */
  live: 'every gateway' | 'one gateway';
  /** Share of all orders that are for one product. */
  hotShare: number;
  /** From one machine to another, one way. Milliseconds. */
  networkMs: number;
  /** Share of a core that each process of a service may use; 1 when absent. */
  shares: Readonly<Partial<Record<ServiceName, number>>>;
  /** Processor time of the load's generator for an order, when it runs on the same cores. Milliseconds. */
  loadMs: number;
}

/** One process of each service and one server of each kind on one machine, as `npm start` runs it. */
export const oneMachine = (cores: number): Layout => ({
  cores,
  processes: { gateway: 1, ...processesOf(() => 1) },
  databases: 'one',
  postgresCores: cores,
  brokerNodes: 1,
  brokerCores: cores,
  copies: 1,
  partitions: 1,
  live: 'every gateway',
  hotShare: 0,
  networkMs: 0,
  shares: {},
  loadMs: 0,
});

export const processesOf = (count: (service: ServiceName) => number): Record<ServiceName, number> =>
  Object.fromEntries(SERVICES.map((service) => [service, count(service)])) as Record<ServiceName, number>;
