import { setTimeout as sleep } from 'node:timers/promises';
import { runAudit } from '@sluice/audit/run';
import { messageOf } from '@sluice/stack/errors';
import { seconds } from '@sluice/stack/progress';
import { allServices } from '@sluice/stack/workspace';
import type { Options } from './arguments.js';
import { createCatalog } from './catalog.js';
import { Customers } from './customers.js';
import { checkpoint, deadLettersOf, providerStateOf, shopStateOf } from './database-state.js';
import { inflict } from './faults.js';
import { countOf } from './finding.js';
import { judge, tooLate } from './judge.js';
import { Ledger } from './ledger.js';
import { Load } from './load.js';
import { judgeProviders } from './long/provider-judge.js';
import { planOf, type Fault, type Form } from './plan.js';
import {
  faultTable,
  findingLines,
  loadLine,
  recoveryOf,
  streamLine,
  type FaultResult,
  type Summary,
} from './report.js';
import { RetryingShop } from './retrying-shop.js';
import { serverPids, watchServer } from './servers.js';
import type { SystemUnderTest } from './system.js';
import { OrderStreams, streamFindings } from './upgrade/order-streams.js';
import { deadLetters, overAfter, paidBetween, wrongIn } from './verdict.js';
import { registerVerifiedCustomers } from './verified-customers.js';

/** A request passes all services or waits for the next retry tier; what takes longer has not recovered. */
const RECOVERS_WITHIN_MS = 60_000;
const PROBE_EVERY_MS = 1_000;
/** After the load's end: a payment window, a retry of the longest tier, and a carrier. */
const ENDS_WITHIN_MS = 150_000;
const SETTLES_WITHIN_MS = 150_000;
/** A quorum queue made less than a second before a kill -9 can be lost: here that of the payment window. */
const QUEUES_ARE_SAFE_AFTER_MS = 2_000;

/** Without root, or in a container that may not mount. */
const NO_DISK = 'a small file system cannot be mounted here: that takes root, on Linux';

interface LoadForm {
  perSecond: number;
  atOnce: number;
  saleQuantity: number;
  payWithinSeconds: number;
  baskets?: boolean;
  settings?: Record<string, string>;
}

/** In the short form what waits, waits less long: an hour of a shop in a minute. */
const FORMS = {
  whole: { perSecond: 10, atOnce: 200, saleQuantity: 150, payWithinSeconds: 15 },
  short: {
    perSecond: 4,
    atOnce: 80,
    saleQuantity: 10,
    payWithinSeconds: 10,
    settings: { RETRY_TIERS_MS: '1000,4000,15000' },
  },
  upgrade: {
    perSecond: 5,
    atOnce: 100,
    saleQuantity: 20,
    payWithinSeconds: 10,
    settings: { RETRY_TIERS_MS: '1000,4000,15000', SHUTDOWN_GRACE_MS: '6000' },
  },
  long: { perSecond: 6, atOnce: 200, saleQuantity: 150, payWithinSeconds: 30, baskets: true },
} satisfies Record<string, LoadForm>;

const formOf = ({ short, long, upgrade }: Form): LoadForm =>
  upgrade ? FORMS.upgrade : short ? FORMS.short : long ? FORMS.long : FORMS.whole;

/** A few customers send what thousands would. */
const LIMITS = [
  ...['RATE_LIMIT_PER_MINUTE', 'SIGN_IN_LIMIT_PER_MINUTE'],
  ...['UNPAID_ORDERS', 'UNPAID_PIECES', 'UNPAID_ORDERS_UNVERIFIED', 'UNPAID_PIECES_UNVERIFIED'],
];

/** @returns the settings of the services, as environment variables */
export function settingsOf(form: Form): Record<string, string> {
  const { payWithinSeconds, settings } = formOf(form);
  return {
    PAYMENT_WINDOW_SECONDS: String(payWithinSeconds),
    CARRIER_DELAY_SECONDS: '1',
    LOG_LEVEL: process.env['LOG_LEVEL'] || 'warn',
    ...Object.fromEntries(LIMITS.map((name) => [name, '0'])),
    TEXTS_PER_ACCOUNT: '1000000',
    CODES_PER_NUMBER: '1000000',
    ...settings,
  };
}

type PrintLine = (line: string) => void;

/** Applies every fault of the plan, under load, and judges. @returns wrong: nothing, when the run was clean */
export async function runSeed(
  system: SystemUnderTest,
  options: Options,
  printLine: PrintLine,
): Promise<{ wrong: string[]; summary: Summary }> {
  const ledger = new Ledger();
  const shop = new RetryingShop(system.url, ledger, options.upgrade);
  const streams = options.upgrade ? new OrderStreams(system.url, ledger) : undefined;
  const form = formOf(options);
  const catalog = await createCatalog(shop, form);
  const customerIds = system.providers && (await registerVerifiedCustomers(shop, system.providers));
  const customers = new Customers({
    shop,
    ledger,
    tokenOf: system.tokenOf,
    windowMs: form.payWithinSeconds * 1_000,
    follow: streams && ((id, token) => streams.follow(id, token)),
  });
  const load = new Load(customers, { ...form, seed: options.seed, catalog, customerIds });
  await paidAgain(load);
  await checkpoint((await system.servers()).databases); // else the first crash replays the installation too
  await sleep(QUEUES_ARE_SAFE_AFTER_MS);
  const pids = serverPids(system.stateDirectory);
  load.start();
  const run = { system, ledger, load, begun: Date.now(), printLine };
  const rows: FaultResult[] = [];
  for (const fault of planOf(options.seed, allServices(), options)) rows.push(await applyFault(fault, run));
  shop.retryUntil = Date.now() + ENDS_WITHIN_MS;
  await load.stop();
  const ended = options.long || options.upgrade ? endedByItself(system, pids) : [];
  return conclude({ ...run, options, rows, ended, streams });
}

/** Neither the long form nor an upgrade kills anything: a service or server that has ended has failed. */
const endedByItself = ({ supervisor, stateDirectory }: SystemUnderTest, before: Record<string, unknown>): string[] => [
  ...supervisor.deaths,
  ...Object.entries(serverPids(stateDirectory)).flatMap(([name, pid]) => (pid === before[name] ? [] : [name])),
];

interface Run {
  system: SystemUnderTest;
  ledger: Ledger;
  load: Load;
  /** When the load began (ms since the epoch). */
  begun: number;
  printLine: PrintLine;
}

async function applyFault(fault: Fault, { system, ledger, load, begun, printLine }: Run): Promise<FaultResult> {
  await sleep(fault.pauseMs);
  const from = Date.now();
  const row: FaultResult = {
    name: fault.holdMs > 0 ? `${fault.name}, ${seconds(fault.holdMs)}` : fault.name,
    from,
    to: from,
    at: from - begun,
    inFlight: ledger.inFlight,
    refused: 0,
    ...(fault.flows !== undefined && { flows: fault.flows }),
  };
  if (!system.disk && fault.parts.some(({ kind }) => kind === 'disk-full')) {
    printLine(`- ${row.name}: skipped, because ${NO_DISK}`);
    return { ...row, over: from, skipped: NO_DISK };
  }
  const refused = ledger.refused;
  const serverReturn = watchServer(fault, system.stateDirectory);
  let observed = true;
  const error = await failureOf(inflict(fault, system).then((inflicted) => ({ observed } = inflicted)));
  const over = Date.now();
  const returnedAt = serverReturn(RECOVERS_WITHIN_MS);
  const failed = error ?? (await failureOf(recover(system, load)));
  Object.assign(row, {
    to: Date.now(),
    over,
    observed,
    refused: ledger.refused - refused,
    paidMeanwhile: paidBetween(ledger, from, over),
    // What went on before it stopped at the fault was in flight already: the second half shows whether anything goes
    // on.
    paidLate: paidBetween(ledger, (from + over) / 2, over),
  });
  if (failed) {
    row.trouble = messageOf(failed);
    printLine(`✗ ${row.name}: ${row.trouble}`);
  } else {
    Object.assign(row, { recoveredMs: row.to - over, bootMs: ((await returnedAt) ?? over) - over });
    printLine(`✓ ${row.name}: recovered after ${recoveryOf(row)}`);
  }
  return row;
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );

/** An order is accepted at once and paid again, and every service is ready. */
async function recover({ supervisor }: SystemUnderTest, load: Load): Promise<void> {
  const end = Date.now() + RECOVERS_WITHIN_MS;
  await paidAgain(load);
  await supervisor.ready(Math.max(0, end - Date.now()));
}

/** A new order every second until one is paid: one that met the fault's end may wait for its retry. */
async function paidAgain(load: Load): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const paid = new Promise<boolean>((resolve) => {
    const probe = async (): Promise<void> => {
      if (await load.probe()) resolve(true);
    };
    timer = setInterval(() => void probe(), PROBE_EVERY_MS);
    void probe();
  });
  const inTime = await Promise.race([paid, sleep(RECOVERS_WITHIN_MS, false, { ref: false })]);
  clearInterval(timer);
  if (!inTime) throw new Error(`no order was accepted and paid for ${seconds(RECOVERS_WITHIN_MS)}`);
}

interface Conclusion extends Run {
  options: Options;
  rows: FaultResult[];
  ended: string[];
  streams: OrderStreams | undefined;
}

async function conclude({
  system,
  options,
  ledger,
  rows,
  ended,
  streams,
  printLine,
}: Conclusion): Promise<{ wrong: string[]; summary: Summary }> {
  const { databases, broker } = await system.servers();
  printLine('');
  const audit = (await runAudit({ databases, broker }, SETTLES_WITHIN_MS)) === 0;
  const dead = await deadLettersOf(broker);
  const state = await shopStateOf(databases);
  const findings = [
    ...judge(ledger, state),
    ...(system.providers ? judgeProviders(system.providers.records, await providerStateOf(databases)) : []),
    ...streamFindings(streams?.followed ?? []),
  ];
  if (options.long)
    for (const row of rows.filter(({ skipped }) => !skipped)) row.overMs = overAfter(ledger, row.over ?? row.to);
  for (const line of [
    '',
    ...faultTable(rows, findings),
    '',
    loadLine(ledger, tooLate(ledger, state)),
    ...(streams ? [streamLine(streams), `answers by status: ${ledger.answers}`] : []),
    ...findingLines(findings),
  ])
    printLine(line);
  const wrong = wrongIn({ rows, findings, audit, dead, unexpected: ledger.unexpectedAnswers, ended, streams });
  const summary = {
    seed: options.seed,
    rows,
    orders: ledger.orders.length,
    claims: ledger.claims.length,
    lost: countOf(findings, 'lost'),
    doubled: countOf(findings, 'doubled'),
    dead: deadLetters(dead),
    audit,
  };
  return { wrong, summary };
}
