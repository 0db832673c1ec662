// @ts-nocheck
import { setTimeout as sleep } from 'node:timers/promises';
import { runAudit } from '@sluice/audit/run';
import { seconds } from '@sluice/stack/progress';
import { allServices } from '@sluice/stack/workspace';
import { Customers } from './customers.js';
import { inflict } from './faults.js';
import { stockUp } from './goods.js';
import { judge, tooLate } from './judge.js';
import { Ledger } from './ledger.js';
import { judgeProviders } from './long/provider-judge.js';
import { Load } from './load.js';
import { planOf } from './plan.js';
import { signUpRegulars } from './regulars.js';
import { faultTable, findingLines, loadLine, recoveryOf } from './report.js';
import { Shop } from './shop.js';
import { returnOf, serverPids } from './servers.js';
import { checkpoint, deadIn, keptOfProviders, storedIn } from './stored.js';
import { countOf, deadLetters, overAfter, paidBetween, wrongIn } from './verdict.js';

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

/** In the short form what waits, waits less long: an hour of a shop in a minute. */
const FORMS = {
  whole: { perSecond: 10, atOnce: 200, saleQuantity: 150, payWithinSeconds: 15, settings: {} },
  short: {
    perSecond: 4,
    atOnce: 80,
    saleQuantity: 10,
    payWithinSeconds: 10,
    settings: { RETRY_TIERS_MS: '1000,4000,15000' },
  },
  long: { perSecond: 6, atOnce: 200, saleQuantity: 150, payWithinSeconds: 30, baskets: true, settings: {} },
};

const formOf = ({ short, long }) => (short ? FORMS.short : long ? FORMS.long : FORMS.whole);

/** A few customers do here what thousands do. */
const LIMITS = [
  ...['RATE_LIMIT_PER_MINUTE', 'SIGN_IN_LIMIT_PER_MINUTE'],
  ...['UNPAID_ORDERS', 'UNPAID_PIECES', 'UNPAID_ORDERS_UNVERIFIED', 'UNPAID_PIECES_UNVERIFIED'],
];

/** @returns {Record<string, string>} what the services are told, as environment variables */
export const settingsOf = (options) => {
  const { payWithinSeconds, settings } = formOf(options);
  const noLimits = {
    ...Object.fromEntries(LIMITS.map((name) => [name, '0'])),
    TEXTS_PER_ACCOUNT: '1000000',
    CODES_PER_NUMBER: '1000000',
  };
  return {
    PAYMENT_WINDOW_SECONDS: String(payWithinSeconds),
    CARRIER_DELAY_SECONDS: '1',
    LOG_LEVEL: process.env.LOG_LEVEL || 'warn',
    ...noLimits,
    ...settings,
  };
};

/**
 * Every fault of the seed's plan, under load, and then the reckoning.
 * @param {import('./system.js').Victim} victim @param {import('./arguments.js').Options} options @param {(line: string) => void} say
 * @returns {Promise<{ wrong: string[], summary: import('./report.js').Summary }>} wrong: nothing, when all is well
 */
export async function runSeed(victim, options, printLine) {
  const ledger = new Ledger();
  const shop = new Shop(victim.url, ledger);
  const form = formOf(options);
  const goods = await stockUp(shop, form);
  if (options.long) Object.assign(goods, { regulars: await signUpRegulars(shop, victim.providers) });
  const customers = new Customers({ shop, ledger, tokenOf: victim.tokenOf, windowMs: form.payWithinSeconds * 1_000 });
  const load = new Load(customers, { ...form, seed: options.seed, goods });
  await paidAgain(load);
  await checkpoint((await victim.servers()).databases); // else the first crash replays the installation too
  await sleep(QUEUES_ARE_SAFE_AFTER_MS);
  const ended = endedByItself(victim, options);
  load.start();
  const rows = [];
  const begun = Date.now();
  for (const fault of planOf(options.seed, allServices(), options))
    rows.push(await sufferOne(fault, { victim, ledger, load, begun, printLine }));
  shop.patientUntil = Date.now() + ENDS_WITHIN_MS;
  await load.stop();
  return reckon({ options, victim, ledger, rows, ended: ended(), printLine });
}

/** The long form kills nothing: whatever ends by itself is found out. @returns {() => string[]} asked at the end */
function endedByItself({ supervisor, stateDirectory }, { long }) {
  const before = serverPids(stateDirectory);
  return () =>
    long
      ? [
          ...supervisor.deaths,
          ...Object.entries(serverPids(stateDirectory)).flatMap(([name, pid]) => (pid === before[name] ? [] : [name])),
        ]
      : [];
}

/** @returns {Promise<import('./report.js').Row>} */
async function sufferOne(fault, { victim, ledger, load, begun, printLine }) {
  await sleep(fault.pauseMs);
  const row = {
    name: nameOf(fault),
    from: Date.now(),
    at: Date.now() - begun,
    inFlight: ledger.inFlight,
    flows: fault.flows,
  };
  if (!victim.disk && fault.parts.some(({ kind }) => kind === 'disk-full')) return skip(row, NO_DISK, printLine);
  const refused = ledger.refused;
  const serverIsBack = returnOf(fault, victim);
  const { bit, error } = await inflict(fault, victim).catch((thrown) => ({ bit: true, error: thrown }));
  const over = Date.now();
  const back = serverIsBack(over + RECOVERS_WITHIN_MS);
  const failed =
    error ??
    (await recover(victim, load).then(
      () => undefined,
      (thrown) => thrown,
    ));
  Object.assign(row, {
    to: Date.now(),
    over,
    bit,
    refused: ledger.refused - refused,
    ...paidDuring(ledger, row.from, over),
    trouble: failed?.message,
  });
  if (!failed) Object.assign(row, { recoveredMs: row.to - over, bootMs: ((await back) ?? over) - over });
  printLine(failed ? `✗ ${row.name}: ${failed.message}` : `✓ ${row.name}: recovered after ${recoveryOf(row)}`);
  return row;
}

/** What went on before it stopped at the fault was on its way already: only the second half shows whether anything goes on. */
const paidDuring = (ledger, from, over) => ({
  paidMeanwhile: paidBetween(ledger, from, over),
  paidLate: paidBetween(ledger, (from + over) / 2, over),
});

function skip(row, skipped, printLine) {
  printLine(`- ${row.name}: skipped, because ${skipped}`);
  return { ...row, to: row.from, over: row.from, refused: 0, skipped };
}

const nameOf = ({ name, holdMs }) => (holdMs > 0 ? `${name}, ${seconds(holdMs)}` : name);

/** An order is accepted at once and paid again, and every service says that it is ready. */
async function recover({ supervisor }, load) {
  const until = Date.now() + RECOVERS_WITHIN_MS;
  await paidAgain(load);
  await supervisor.ready(Math.max(0, until - Date.now()));
}

/** A new order every second until one goes through: one that met the fault's end may wait for its retry. */
function paidAgain(load) {
  return new Promise((resolve, reject) => {
    const tooLong = new Error(`no order was accepted and paid for ${seconds(RECOVERS_WITHIN_MS)}`);
    const end = (settle, value) => () => (clearInterval(again), clearTimeout(limit), settle(value));
    const probe = async () => (await load.probe()) && end(resolve)();
    const again = setInterval(probe, PROBE_EVERY_MS);
    const limit = setTimeout(() => end(reject, tooLong)(), RECOVERS_WITHIN_MS);
    void probe();
  });
}

async function reckon({ options, victim, ledger, rows, ended, printLine }) {
  const servers = await victim.servers();
  printLine('');
  const audit = (await runAudit(servers, SETTLES_WITHIN_MS)) === 0;
  const dead = await deadIn(servers.broker);
  const stored = await storedIn(servers.databases);
  const findings = [
    ...judge(ledger, stored),
    ...(victim.providers ? judgeProviders(victim.providers.books, await keptOfProviders(servers.databases)) : []),
  ];
  const measured = rows.map((row) => ({
    ...row,
    ...(options.long && !row.skipped && { overMs: overAfter(ledger, row.over) }),
  }));
  for (const line of [
    '',
    ...faultTable(measured, findings),
    '',
    loadLine(ledger, tooLate(ledger, stored)),
    ...findingLines(findings),
  ])
    printLine(line);
  const wrong = wrongIn({ rows, findings, audit, dead, unexpected: ledger.unexpectedAnswers, ended });
  const counts = { lost: countOf(findings, 'lost'), doubled: countOf(findings, 'doubled'), dead: deadLetters(dead) };
  return {
    wrong,
    summary: {
      seed: options.seed,
      rows: measured,
      orders: ledger.orders.length,
      claims: ledger.claims.length,
      ...counts,
      audit,
    },
  };
}
