import { EXCHANGES } from '@sluice/contracts';
import { pathToFileURL } from 'node:url';
import { allServices, inRoot, manifestOf } from '@sluice/stack/workspace';
import { merge, type Merged } from './merge.js';
import type { Depths, Undeliverable } from './queues.js';
import { RULES, type OrderRows } from './rules.js';
import type { Snapshot, Snapshots } from './snapshot.js';

/** Ids of one check that are kept: enough to compare two samples, few enough to hold. */
export const KEPT = 1_000;
/** A message is published from memory for 10 s, then by the sweep every 5 s: one this old is stuck. Seconds. */
const OVERDUE_SECONDS = 60;

interface InvariantGroup {
  name: string;
  holds: string;
  /** What is counted for the report: rows of orders by their name, and tables by service. */
  orderRows: readonly string[];
  tables: readonly { service: string; table: string; counts: string }[];
}

/** In the order of the report. The own invariants of a service belong to the group that its manifest names. */
export const INVARIANTS: readonly InvariantGroup[] = [
  {
    name: 'stock',
    holds: 'received = on hand + reserved + allotted + issued, reserved for orders',
    orderRows: ['reservation'],
    tables: [{ service: 'inventory', table: 'stock', counts: 'shelves' }],
  },
  {
    name: 'money',
    holds: 'captured - refunded = what paid, shipped and completed orders cost',
    orderRows: ['redemption', 'earning'],
    tables: [{ service: 'payments', table: 'captures', counts: 'captures' }],
  },
  {
    name: 'orders',
    holds: 'each exists once, took legal steps, is not stuck, has its parcels',
    orderRows: ['order', 'parcels'],
    tables: [{ service: 'orders', table: 'order_history', counts: 'facts' }],
  },
  {
    name: 'sales',
    holds: 'initial = remaining + held + sold; nobody won twice; wins are orders',
    orderRows: ['win'],
    tables: [{ service: 'flash-sale', table: 'sales', counts: 'sales' }],
  },
  {
    name: 'accounts',
    holds: 'a verified number has one account, codes and revocations are of accounts',
    orderRows: [],
    tables: [{ service: 'accounts', table: 'accounts', counts: 'accounts' }],
  },
  {
    name: 'messages',
    holds: 'outboxes empty, no dead letters, nothing unrouted or homeless',
    orderRows: [],
    tables: [],
  },
  {
    name: 'notifications',
    holds: 'one delivery per fact, person and channel',
    orderRows: [],
    tables: [
      { service: 'notifications', table: 'deliveries', counts: 'deliveries' },
      { service: 'notifications', table: "deliveries WHERE status = 'withheld'", counts: 'withheld texts' },
    ],
  },
];

export interface Check {
  invariant: string;
  name: string;
  /** It compares services: what is in transit between them may look broken. */
  across: boolean;
  count: number;
  /** At most KEPT. */
  ids: string[];
}

export interface QueueSample extends Depths {
  /** No message is in flight: nothing that has not arrived yet will arrive. */
  quiet: boolean;
  undeliverable: Undeliverable[];
  /** By tier. */
  expired: Record<string, number>;
}

export interface CheckRun {
  checks: Check[];
  /** By invariant: what was read. */
  looked: Record<string, string>;
}

type Settings = Record<string, string | undefined>;

/** What apps/<service>/src/invariants.ts exports. */
interface ServiceInvariants {
  INVARIANTS?: readonly Invariant[];
  invariantsOf?: (settings: { ORDER_DEADLINE_SECONDS?: number }) => readonly Invariant[];
  AUDITED?: readonly Invariant[];
  ORDER_ROWS?: readonly { name: string; counts: string; sql: string }[];
}
interface Invariant {
  name: string;
  /** Selects the `id` of every row that breaks it. */
  sql: string;
}

/** @param settings of the system, as environment variables */
export async function runChecks(snapshots: Snapshots, queues: QueueSample, settings: Settings): Promise<CheckRun> {
  const services = await loadInvariants();
  const orders = await compareOrders(services, snapshots, queues);
  const own = INVARIANTS.flatMap(({ name }) =>
    auditedServices()
      .filter((service) => manifestOf(service).audit === name)
      .map((service) => checkService(name, services[service] ?? {}, snapshotOf(snapshots, service), settings)),
  );
  const checks = [...(await Promise.all(own)).flat(), ...orders.checks, ...(await checkMessages(snapshots, queues))];
  const looked: Record<string, string> = {};
  for (const invariant of INVARIANTS)
    looked[invariant.name] =
      invariant.name === 'messages'
        ? `${queues.looked} queues, ${Object.keys(snapshots).length} outboxes`
        : await describeRead(invariant, snapshots, orders.counted);
  return { checks, looked };
}

/** Compiled with the services, later than the audit. */
async function loadInvariants(): Promise<Record<string, ServiceInvariants>> {
  const load = async (service: string) => [
    service,
    (await import(pathToFileURL(inRoot('apps', service, 'dist/invariants.js')).href)) as ServiceInvariants,
  ];
  return Object.fromEntries(await Promise.all(auditedServices().map(load)));
}

/** The services with invariants of their own. */
const auditedServices = (): string[] => allServices().filter((service) => manifestOf(service).audit !== undefined);

/** How many rows were read, by their name. */
type Counted = Map<string, { counts: string; rows: number }>;

/** One pass over the orders of all services. */
async function compareOrders(
  services: Record<string, ServiceInvariants>,
  snapshots: Snapshots,
  { quiet }: QueueSample,
): Promise<{ checks: Check[]; counted: Counted }> {
  const counted: Counted = new Map();
  const sources: Record<string, AsyncGenerator<{ id: string }>> = {};
  for (const [service, { ORDER_ROWS = [] }] of Object.entries(services))
    for (const { name, counts, sql } of ORDER_ROWS) {
      const read = { counts, rows: 0 };
      counted.set(name, read);
      sources[name] = counting(read, snapshotOf(snapshots, service).stream(sql));
    }
  const rules = Object.entries(RULES).flatMap(([invariant, group]) =>
    Object.entries(group).map(([name, rule]) => ({ rule, check: newCheck(invariant, name) })),
  );
  for await (const rows of merge(sources) as AsyncGenerator<Merged<OrderRows>>)
    for (const { rule, check } of rules) if (!rule(rows, quiet)) add(check, rows.id);
  return { checks: rules.map(({ check }) => check), counted };
}

async function* counting<T>(read: { rows: number }, rows: AsyncGenerator<T>): AsyncGenerator<T> {
  for await (const row of rows) {
    read.rows++;
    yield row;
  }
}

const newCheck = (invariant: string, name: string): Check => ({ invariant, name, across: true, count: 0, ids: [] });

function add(check: Check, id: string): void {
  check.count++;
  if (check.ids.length < KEPT) check.ids.push(id);
}

/** The invariants of one service's own database: those that it watches, and those that are too expensive for that. */
async function checkService(
  invariant: string,
  { INVARIANTS: watched = [], invariantsOf, AUDITED = [] }: ServiceInvariants,
  snapshot: Snapshot,
  settings: Settings,
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { name, sql } of [...(invariantsOf?.(settingsOf(settings)) ?? watched), ...AUDITED]) {
    const rows = await snapshot.rows<{ id: string; count: number }>(
      `SELECT id::text, (count(*) OVER ())::int AS count FROM (${sql}) AS broken LIMIT ${KEPT}`,
    );
    checks.push({ invariant, name, across: false, count: rows[0]?.count ?? 0, ids: rows.map(({ id }) => id) });
  }
  return checks;
}

const settingsOf = ({ ORDER_DEADLINE_SECONDS: seconds }: Settings): { ORDER_DEADLINE_SECONDS?: number } =>
  seconds ? { ORDER_DEADLINE_SECONDS: Number(seconds) } : {};

async function checkMessages(
  snapshots: Snapshots,
  { dead, unrouted, missing, undeliverable, expired }: QueueSample,
): Promise<Check[]> {
  const overdue = await Promise.all(
    Object.entries(snapshots).map(([service, snapshot]) => overdueIn(service, snapshot)),
  );
  const check = (name: string, ids: string[], counts: readonly number[] = ids.map(() => 1)): Check => ({
    invariant: 'messages',
    name,
    across: false,
    count: counts.reduce((sum, count) => sum + count, 0),
    ids: ids.slice(0, KEPT),
  });
  const byQueue = (name: string, counts: Record<string, number>): Check =>
    check(
      name,
      Object.entries(counts).map(([queue, count]) => `${queue}: ${count}`),
      Object.values(counts),
    );
  return [
    check('leave_the_outbox', overdue.flat()),
    byQueue('dead_letters', dead),
    byQueue('are_heard', unrouted > 0 ? { [EXCHANGES.unrouted]: unrouted } : {}),
    check('have_their_queues', missing),
    check(
      'have_a_home',
      undeliverable.map(undeliverableLine),
      undeliverable.map(({ count }) => count),
    ),
    byQueue('leave_their_tier', expired),
  ];
}

const undeliverableLine = ({ queue, count, exists }: Undeliverable): string =>
  `${EXCHANGES.homeless}: ${count} for ${queue}, which ${exists ? 'is there: npm run topology sends them home' : 'does not exist'}`;

async function overdueIn(service: string, snapshot: Snapshot): Promise<string[]> {
  const rows = await snapshot.rows<{ id: string; type: string }>(
    `SELECT id::text, wire->'properties'->>'type' AS type FROM outbox WHERE created_at < now() - interval '${OVERDUE_SECONDS} seconds' ORDER BY id LIMIT ${KEPT}`,
  );
  return rows.map(({ id, type }) => `outbox of ${service}: ${type} ${id}`);
}

async function describeRead(
  { orderRows, tables }: InvariantGroup,
  snapshots: Snapshots,
  counted: Counted,
): Promise<string> {
  const parts: [number, string][] = [];
  for (const name of orderRows) {
    const { rows = 0, counts = name } = counted.get(name) ?? {};
    parts.push([rows, counts]);
  }
  for (const { service, table, counts } of tables) {
    const [found] = await snapshotOf(snapshots, service).rows<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
    parts.push([found?.n ?? 0, counts]);
  }
  return parts.map(([count, what]) => `${count.toLocaleString('en')} ${what}`).join(', ');
}

function snapshotOf(snapshots: Snapshots, service: string): Snapshot {
  const snapshot = snapshots[service];
  if (!snapshot) throw new Error(`no database of ${service} is open`);
  return snapshot;
}
