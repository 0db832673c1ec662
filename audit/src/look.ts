// @ts-nocheck
import { pathToFileURL } from 'node:url';
import { inRoot } from '@sluice/stack/workspace';
import { merge } from './merge.js';
import { RULES } from './rules.js';
import { SOURCES } from './sources.js';

/** Ids of one check that are kept: enough to compare two looks, few enough to hold. */
export const KEPT = 1_000;
/** A message is published from memory for 10 s, and swept from then on every 5 s: one this old is not on its way. Seconds. */
const OVERDUE_SECONDS = 60;

/** What is always looked at, in the order of DESIGN: the services whose own invariants belong to each, and what there is to count. */
export const INVARIANTS = [
  {
    name: 'stock',
    holds: 'received = on hand + reserved + allotted + issued, reserved for orders',
    services: ['inventory'],
    tables: [['inventory', 'stock', 'shelves']],
    sources: ['reservation'],
  },
  {
    name: 'money',
    holds: 'captured - refunded = what paid, shipped and completed orders cost',
    services: ['payments', 'promotions'],
    tables: [['payments', 'captures', 'captures']],
    sources: ['redemption', 'earning'],
  },
  {
    name: 'orders',
    holds: 'each exists once, took legal steps, is not stuck, has its parcels',
    services: ['orders', 'logistics'],
    tables: [['orders', 'order_history', 'facts']],
    sources: ['order', 'parcels'],
  },
  {
    name: 'sales',
    holds: 'initial = remaining + held + sold; nobody won twice; wins are orders',
    services: ['flash-sale'],
    tables: [['flash-sale', 'sales', 'sales']],
    sources: ['win'],
  },
  {
    name: 'messages',
    holds: 'outboxes empty, no dead letters, nothing unrouted or homeless',
    services: [],
    tables: [],
    sources: [],
  },
  {
    name: 'notifications',
    holds: 'one delivery per fact, person and channel',
    services: ['notifications'],
    tables: [
      ['notifications', 'deliveries', 'deliveries'],
      ['notifications', "deliveries WHERE status = 'withheld'", 'withheld texts'],
    ],
    sources: [],
  },
];

/**
 * @typedef {object} Check
 * @property {string} invariant @property {string} name
 * @property {boolean} across services: what is on its way between them may look like a break
 * @property {number} count @property {string[]} ids at most KEPT
 */

/**
 * One look at everything.
 * @param {Record<string, any>} snapshots by service @param {import('./queues.js').Depths & { homeless: { home: string, count: number, exists: boolean }[], expired: Record<string, number> }} depths
 * @param {Record<string, string | undefined>} settings of the system, as environment variables
 * @returns {Promise<{ checks: Check[], looked: Record<string, string> }>} looked: by invariant, at what
 */
export async function look(snapshots, depths, settings) {
  const { checks: across, counted } = await compareOrders(snapshots);
  const own = await Promise.all(
    INVARIANTS.flatMap(({ name, services }) =>
      services.map((service) => checkService(name, service, snapshots[service], settings)),
    ),
  );
  const messages = await checkMessages(snapshots, depths);
  const looked = await Promise.all(
    INVARIANTS.map(async (invariant) => [invariant.name, await describe(invariant, { snapshots, counted, depths })]),
  );
  return { checks: [...own.flat(), ...across, ...messages], looked: Object.fromEntries(looked) };
}

/** One pass over the orders of all services. */
async function compareOrders(snapshots) {
  const counted = Object.fromEntries(SOURCES.map(({ name }) => [name, 0]));
  const counting = async function* ({ name, service, sql }) {
    for await (const row of snapshots[service].stream(sql)) {
      counted[name]++;
      yield row;
    }
  };
  const checks = Object.entries(RULES).flatMap(([invariant, rules]) =>
    Object.entries(rules).map(([name, rule]) => ({
      rule,
      check: { invariant, name, across: true, count: 0, ids: [] },
    })),
  );
  for await (const known of merge(Object.fromEntries(SOURCES.map((source) => [source.name, counting(source)])))) {
    for (const { rule, check } of checks) if (!rule(known)) add(check, known.id);
  }
  return { checks: checks.map(({ check }) => check), counted };
}

function add(check, id) {
  check.count++;
  if (check.ids.length < KEPT) check.ids.push(id);
}

/** What the service itself says that always holds: those that it watches, and those that take too long for that. */
async function checkService(invariant, service, snapshot, settings) {
  const {
    INVARIANTS: watched = [],
    invariantsOf,
    AUDITED = [],
  } = await import(pathToFileURL(inRoot('apps', service, 'dist/invariants.js')).href);
  const checks = [];
  for (const { name, sql } of [...(invariantsOf?.(settingsOf(settings)) ?? watched), ...AUDITED]) {
    const rows = await snapshot.rows(
      `SELECT id::text, (count(*) OVER ())::int AS count FROM (${sql}) AS broken LIMIT ${KEPT}`,
    );
    checks.push({ invariant, name, across: false, count: rows[0]?.count ?? 0, ids: rows.map(({ id }) => id) });
  }
  return checks;
}

const settingsOf = ({ ORDER_DEADLINE_SECONDS: seconds }) =>
  seconds ? { ORDER_DEADLINE_SECONDS: Number(seconds) } : {};

async function checkMessages(snapshots, { dead, unrouted, missing, homeless, expired }) {
  const overdue = await Promise.all(
    Object.entries(snapshots).map(([service, snapshot]) => overdueOf(service, snapshot)),
  );
  const queues = (found) => Object.entries(found).map(([queue, count]) => `${queue}: ${count}`);
  const check = (name, ids, count = ids.length) => ({
    invariant: 'messages',
    name,
    across: false,
    count,
    ids: ids.slice(0, KEPT),
  });
  const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0);
  return [
    check('leave_the_outbox', overdue.flat()),
    check('dead_letters', queues(dead), sum(dead)),
    check('are_heard', unrouted > 0 ? [`shop.unrouted: ${unrouted}`] : [], unrouted),
    check('have_their_queues', missing),
    check(
      'have_a_home',
      homeless.map(homelessLine),
      homeless.reduce((total, { count }) => total + count, 0),
    ),
    check('leave_their_tier', queues(expired), sum(expired)),
  ];
}

const homelessLine = ({ stateDirectory, count, exists }) =>
  `shop.homeless: ${count} for ${stateDirectory}, which ${exists ? 'is there: npm run topology sends them home' : 'does not exist'}`;

async function overdueOf(service, snapshot) {
  const rows = await snapshot.rows(
    `SELECT id::text, wire->'properties'->>'type' AS type FROM outbox WHERE created_at < now() - interval '${OVERDUE_SECONDS} seconds' ORDER BY created_at LIMIT ${KEPT}`,
  );
  return rows.map(({ id, type }) => `outbox of ${service}: ${type} ${id}`);
}

async function describe({ name, tables, sources }, { snapshots, counted, depths }) {
  if (name === 'messages') return `${depths.looked} queues, ${Object.keys(snapshots).length} outboxes`;
  const inTables = await Promise.all(
    tables.map(async ([service, table, what]) => [
      what,
      (await snapshots[service].rows(`SELECT count(*)::int AS n FROM ${table}`))[0].n,
    ]),
  );
  const streamed = SOURCES.filter((source) => sources.includes(source.name)).map(({ name: source, counts }) => [
    counts,
    counted[source],
  ]);
  return [...streamed, ...inTables].map(([what, count]) => `${count.toLocaleString('en')} ${what}`).join(', ');
}
