import { FLOW, LIVE, messagesOfOrder, timesOf, type ServiceName } from './flow.js';
import { costsOfServices, fitted, sum, type Cost } from './fit.js';
import { COST, WALLS, type MeasuredCost, type MeasuredWalls } from './measured.js';

/** What the simulated system spends, and where. Times in ms of a processor unless said otherwise. */
export interface Parameters {
  gateway: { perRequest: number; perLiveFact: number };
  services: Readonly<Record<ServiceName, Cost>>;
  /** For each commit of a unit of work and each message in it, reads included. */
  postgres: Cost;
  /** For each AMQP message that is published or delivered, and for each fact in one. */
  broker: { perMessage: number; perFact: number };
  /** Time for which the leader of a queue is busy with a message. */
  leaderMs: number;
  /** One write of the log of a database to the disk, and how much of it fits into a second. */
  fsyncMs: number;
  walMbPerSecond: number;
  walBytesPerMessage: number;
  /** Of a process that does nothing. Share of a core. */
  idleShare: number;
}

/** Requests of an order to the gateway: to place it and to pay it. */
const REQUESTS = 2;

/** Facts of an order that pass the broker, once when they are published and once for each queue. */
export const factsOfOrder = (): number =>
  Object.entries(FLOW).reduce((all, [type, handlers]) => {
    const queues = handlers.filter(({ queue }) => queue).length;
    return all + (queues > 0 || handlers.length === 0 ? timesOf(type) * (1 + queues) : 0);
  }, 0);

/** AMQP messages of an order: those of the services, the commands of the gateway, the replies and live facts to it. */
export function amqpMessages({ amqp }: MeasuredCost): number {
  const replies = REQUESTS;
  const live = amqp.sentByOrders - 1; // one is the reply to the request that has placed it
  return amqp.sent + amqp.delivered + REQUESTS + replies + live;
}

/** The parameters that follow from two measured loads, and from what one of each carries. */
export function parametersFrom(few: MeasuredCost, many: MeasuredCost, walls: MeasuredWalls): Parameters {
  const batches = ({ commits }: MeasuredCost): number => sum(commits);
  const database = (cost: MeasuredCost) => ({ cpuMs: cost.cpuMs.PostgreSQL, batches: batches(cost) });
  const broker = (cost: MeasuredCost) => ({ cpuMs: cost.cpuMs.RabbitMQ, batches: amqpMessages(cost) });
  const ofBroker = fitted(broker(few), broker(many), factsOfOrder());
  const messages = messagesOfOrder();
  return {
    gateway: {
      perRequest: (many.cpuMs.gateway - walls.liveMsPerOrder) / REQUESTS,
      perLiveFact: walls.liveMsPerOrder / LIVE.size,
    },
    services: costsOfServices(few, many),
    postgres: fitted(database(few), database(many), messages),
    broker: { perMessage: ofBroker.perCommit, perFact: ofBroker.perMessage },
    leaderMs: 1_000 / walls.queuePerSecond,
    fsyncMs: walls.fsyncMs,
    walMbPerSecond: walls.walMbPerSecond,
    walBytesPerMessage: many.walBytes / messages,
    idleShare: walls.idleShare,
  };
}

export const PARAMETERS: Parameters = parametersFrom(COST[16], COST[256], WALLS);
