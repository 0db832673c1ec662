import { shown } from '../table/statistics.js';
import { oneMachine, type Layout } from './layout.js';
import { COST, WALLS } from './measured.js';
import { PARAMETERS } from './parameters.js';
import { simulate, type Simulated } from './simulate.js';
import { firstWall, processesFor, wallsOf, type Kind, type Wall } from './walls.js';

/** Cores that one PostgreSQL, and one node of the broker, is taken to use: what is bought as one machine. Not measured. */
const SERVER_CORES = 32;
/** One way between two machines of one data centre. Not measured. Milliseconds. */
const NETWORK_MS = 0.1;
/** Orders that are simulated for each line. */
const ORDERS = 4_000;

const CARRIED = { cost: COST[256], walls: WALLS };

/** A way to use many cores. */
interface Way {
  name: string;
  kind: Omit<Kind, 'cores' | 'postgresCores' | 'brokerCores'>;
  /** Cores of one system; each further one is another cell. Absent: one system has all. */
  cellCores?: number;
}

const built: Way['kind'] = {
  ...{ databases: 'one', brokerNodes: 1, copies: 1, partitions: 1, live: 'every gateway', hotShare: 0 },
};
const live: Way['kind'] = { ...built, live: 'one gateway' };
const servers: Way['kind'] = { ...live, databases: 'one per service', brokerNodes: 3 };

const BUILT: Way = { name: 'as built, one server of each kind', kind: built };
const BUILT_SERVERS: Way = { name: 'as built, 6 PostgreSQL, 3 broker nodes', kind: { ...servers, live: built.live } };
const LIVE: Way = { name: 'live facts to one gateway (a)', kind: live };
const SERVERS: Way = { name: '(a), 6 PostgreSQL, 3 broker nodes (b)', kind: servers };
const HOT: Way = { name: '(b), every order for one product', kind: { ...servers, hotShare: 1 } };
const COPIES: Way = { name: '(b), each queue on all 3 nodes', kind: { ...servers, copies: 3 } };
const PARTITIONS: Way = { name: '(b), 4 partitions of each queue', kind: { ...servers, partitions: 4 } };
const CELLS: Way = { name: 'cells of 10 cores, each as built', kind: built, cellCores: 10 };

export const LINES: readonly { cores: number; way: Way }[] = [
  { cores: 2, way: BUILT },
  { cores: 10, way: BUILT },
  { cores: 100, way: BUILT },
  { cores: 100, way: BUILT_SERVERS },
  { cores: 100, way: LIVE },
  { cores: 100, way: SERVERS },
  { cores: 100, way: HOT },
  { cores: 100, way: CELLS },
  { cores: 1_000, way: LIVE },
  { cores: 1_000, way: SERVERS },
  { cores: 1_000, way: COPIES },
  { cores: 1_000, way: PARTITIONS },
  { cores: 1_000, way: CELLS },
];

export interface Result {
  cores: number;
  name: string;
  cells: number;
  /** Of one cell. */
  processes: Layout['processes'];
  /** By the formulae, of all cells: orders per second, and what stands in the way of more. */
  perSecond: number;
  wall: Wall;
  /** One cell at this rate, simulated; and what it reaches with more orders in flight than it can work on. */
  at: Simulated;
  mostPerSecond: number;
}

export function resultOf({ cores, way }: (typeof LINES)[number]): Result {
  const cells = way.cellCores ? Math.floor(cores / way.cellCores) : 1;
  const serverCores = Math.min(cores / cells, SERVER_CORES);
  const kind = { ...way.kind, cores: cores / cells, postgresCores: serverCores, brokerCores: serverCores };
  const { name: wall, perSecond } = firstWall(wallsOf(kind, CARRIED));
  const processes = processesFor(perSecond, kind, CARRIED);
  const layout: Layout = { ...oneMachine(cores), ...kind, processes, networkMs: cores > 2 ? NETWORK_MS : 0 };
  const run = (load: { perSecond: number } | { inFlight: number }): Simulated =>
    simulate({ layout, load, parameters: PARAMETERS, orders: ORDERS });
  return {
    ...{ cores, name: way.name, cells, processes, wall },
    perSecond: perSecond * cells,
    at: run({ perSecond }),
    mostPerSecond: run({ inFlight: Math.ceil(perSecond) }).perSecond * cells,
  };
}

const TITLES = [
  'cores',
  'system',
  'cells',
  'gateways + others',
  'orders/s',
  'first wall',
  'p50 ms',
  'p99 ms',
  'most/s',
];

/** The table of docs/scale.md. */
export function textOf(lines: readonly Result[]): string[] {
  const cells = [TITLES, ...lines.map(cellsOf)];
  const widths = TITLES.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells.map((row) => `| ${row.map((text, column) => text.padEnd(widths[column]!)).join(' | ')} |`);
}

function cellsOf({ cores, name, cells, processes, perSecond, wall, at, mostPerSecond }: Result): string[] {
  const { gateway, ...others } = processes;
  const count = Object.values(others).reduce((all, one) => all + one, 0);
  const rates = [shown(perSecond), wall, shown(at.p50), shown(at.p99), shown(mostPerSecond)];
  return [shown(cores), name, shown(cells), `${shown(gateway)} + ${shown(count)}`, ...rates];
}
