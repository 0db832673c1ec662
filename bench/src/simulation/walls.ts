import { messagesOf, messagesOfOrder, SERVICES, type ServiceName } from './flow.js';
import { processesOf, type Layout } from './layout.js';
import type { MeasuredCost, MeasuredWalls } from './measured.js';

/** Share of anything that is used at most: beyond it waits grow quickly, and a lost node must be carried by the others. */
export const USED_AT_MOST = 0.75;

/** Share of its work that a gateway spends on facts of orders that others serve, at most: then a request costs it double. */
const FOR_OTHERS_AT_MOST = 0.5;

/** Orders per second at which each wall is reached, for a system of this kind. */
export type Walls = Readonly<Record<Wall, number>>;
export const WALL_NAMES = [
  'cores',
  'live facts in every gateway',
  'CPU of one PostgreSQL',
  'WAL of one PostgreSQL',
  'nodes of the broker',
  'leader of one queue',
  'row of one product',
] as const;
export type Wall = (typeof WALL_NAMES)[number];

export interface Carried {
  cost: MeasuredCost;
  walls: MeasuredWalls;
}

/** What the system consists of, as far as a wall depends on it. */
export type Kind = Pick<
  Layout,
  | 'cores'
  | 'databases'
  | 'postgresCores'
  | 'brokerNodes'
  | 'brokerCores'
  | 'copies'
  | 'partitions'
  | 'live'
  | 'hotShare'
>;

/** The busiest queue of a service takes so many AMQP messages per order: one command comes alone. */
const MESSAGES_OF_BUSIEST_QUEUE = 1;
/** An order changes the row of a product when it is reserved and when it is issued. */
const CHANGES_OF_A_ROW = 2;

/** The formulae of docs/scale.md. */
export function wallsOf(kind: Kind, carried: Carried): Walls {
  const { cost, walls } = carried;
  const share = kind.databases === 'one' ? 1 : Math.max(...SERVICES.map(shareOfDatabase));
  const broker = cost.cpuMs.RabbitMQ * kind.copies;
  const perSecond = (ms: number): number => (USED_AT_MOST * 1_000) / ms;
  return {
    cores: ordersOfCores(kind, carried),
    'live facts in every gateway':
      kind.live === 'one gateway' ? Infinity : FOR_OTHERS_AT_MOST * perSecond(walls.liveMsPerOrder),
    'CPU of one PostgreSQL': perSecond(cost.cpuMs.PostgreSQL * share) * kind.postgresCores,
    'WAL of one PostgreSQL': (USED_AT_MOST * walls.walMbPerSecond * 1_000_000) / (cost.walBytes * share),
    'nodes of the broker': perSecond(broker) * kind.brokerNodes * kind.brokerCores,
    'leader of one queue': (USED_AT_MOST * walls.queuePerSecond * kind.partitions) / MESSAGES_OF_BUSIEST_QUEUE,
    'row of one product':
      kind.hotShare === 0 ? Infinity : (USED_AT_MOST * walls.rowPerSecond) / (CHANGES_OF_A_ROW * kind.hotShare),
  };
}

/** The part of the work of all databases that is of one service: by its messages. */
export const shareOfDatabase = (service: ServiceName): number => messagesOf(service) / messagesOfOrder();

export function firstWall(walls: Walls): { name: Wall; perSecond: number } {
  const name = WALL_NAMES.reduce((first, wall) => (walls[wall] < walls[first] ? wall : first));
  return { name, perSecond: walls[name] };
}

/** Processes that a rate needs, each used to the share above; the gateways also read the live facts of all orders. */
export function processesFor(
  perSecond: number,
  { live }: Pick<Kind, 'live'>,
  { cost, walls }: Carried,
): Layout['processes'] {
  const usableMs = USED_AT_MOST * 1_000;
  const forAllMs = live === 'every gateway' ? walls.liveMsPerOrder : 0;
  const leftMs = usableMs - perSecond * forAllMs;
  const gateway = leftMs > 0 ? Math.ceil((perSecond * (cost.cpuMs.gateway - forAllMs)) / leftMs) : Infinity;
  const count = (service: ServiceName): number => Math.ceil((perSecond * cost.cpuMs[service]) / usableMs);
  return { gateway: Math.max(1, gateway), ...processesOf((service) => Math.max(1, count(service))) };
}

/** The rate at which the cores are used to the share above: each further gateway reads the live facts of all orders. */
function ordersOfCores(kind: Kind, carried: Carried): number {
  const { cost, walls } = carried;
  const others = cost.cpuMs.RabbitMQ * (kind.copies - 1);
  const baseMs = Object.values(cost.cpuMs).reduce((all, ms) => all + ms, others);
  const furtherMs = kind.live === 'every gateway' ? walls.liveMsPerOrder : 0;
  const usedAt = (perSecond: number): number => {
    const { gateway } = processesFor(perSecond, kind, carried);
    return (perSecond * (baseMs + furtherMs * (gateway - 1))) / 1_000;
  };
  let [low, high] = [0, (USED_AT_MOST * kind.cores * 1_000) / baseMs];
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (usedAt(middle) <= USED_AT_MOST * kind.cores) low = middle;
    else high = middle;
  }
  return low;
}
