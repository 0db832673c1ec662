import { setTimeout as sleep } from 'node:timers/promises';
import { runAudit } from '../audit/run.mjs';
import { seconds } from '../progress.mjs';
import { allServices } from '../workspace.mjs';
import { Customers } from './customers.mjs';
import { inflict } from './faults.mjs';
import { stockUp } from './goods.mjs';
import { judge, tooLate } from './judge.mjs';
import { Ledger } from './ledger.mjs';
import { Load } from './load.mjs';
import { planOf } from './plan.mjs';
import { faultTable, findingLines, loadLine, recoveryOf } from './report.mjs';
import { Shop } from './shop.mjs';
import { returnOf } from './servers.mjs';
import { checkpoint, storedIn } from './stored.mjs';

/** A request passes all services or waits for the next retry tier; what takes longer has not recovered. */
const RECOVERS_WITHIN_MS = 60_000;
const PROBE_EVERY_MS = 1_000;
/** After the load's end: a payment window, a retry of the longest tier, and a carrier. */
const ENDS_WITHIN_MS = 150_000;
const SETTLES_WITHIN_MS = 150_000;
/** A quorum queue made less than a second before a kill -9 can be lost: here that of the payment window. */
const QUEUES_ARE_SAFE_AFTER_MS = 2_000;

/** In the short form what waits, waits less long: an hour of a shop in a minute. */
const FORMS = {
  long: { perSecond: 10, atOnce: 200, saleQuantity: 150, payWithinSeconds: 15, settings: {} },
  short: { perSecond: 4, atOnce: 80, saleQuantity: 10, payWithinSeconds: 10, settings: { RETRY_TIERS_MS: '1000,4000,15000' } },
};

const formOf = ({ short }) => (short ? FORMS.short : FORMS.long);

/** @returns {Record<string, string>} what the services are told, as environment variables */
export const settingsOf = (options) => {
  const { payWithinSeconds, settings } = formOf(options);
  const noLimits = { RATE_LIMIT_PER_MINUTE: '0', SIGN_IN_LIMIT_PER_MINUTE: '0' };
  return { PAYMENT_WINDOW_SECONDS: String(payWithinSeconds), CARRIER_DELAY_SECONDS: '1', LOG_LEVEL: process.env.LOG_LEVEL || 'warn', ...noLimits, ...settings };
};

/**
 * Every fault of the seed's plan, under load, and then the reckoning.
 * @param {import('./system.mjs').Victim} victim @param {{ seed: number, short: boolean }} options @param {(line: string) => void} say
 * @returns {Promise<{ wrong: string[], summary: import('./report.mjs').Summary }>} wrong: nothing, when all is well
 */
export async function runSeed(victim, options, say) {
  const ledger = new Ledger();
  const shop = new Shop(victim.url, ledger);
  const form = formOf(options);
  const goods = await stockUp(shop, form);
  const customers = new Customers({ shop, ledger, tokenOf: victim.tokenOf, windowMs: form.payWithinSeconds * 1_000 });
  const load = new Load(customers, { ...form, seed: options.seed, goods });
  await paidAgain(load);
  await checkpoint((await victim.servers()).databases); // else the first crash replays the installation too
  await sleep(QUEUES_ARE_SAFE_AFTER_MS);
  load.start();
  const rows = [];
  const begun = Date.now();
  for (const fault of planOf(options.seed, allServices(), options)) rows.push(await sufferOne(fault, { victim, ledger, load, begun, say }));
  shop.patientUntil = Date.now() + ENDS_WITHIN_MS;
  await load.stop();
  return reckon({ seed: options.seed, victim, ledger, rows, say });
}

/** @returns {Promise<import('./report.mjs').Row>} */
async function sufferOne(fault, { victim, ledger, load, begun, say }) {
  await sleep(fault.pauseMs);
  const row = { name: nameOf(fault), from: Date.now(), at: Date.now() - begun, inFlight: ledger.inFlight };
  const refused = ledger.refused;
  const serverIsBack = returnOf(fault, victim);
  await inflict(fault, victim);
  const over = Date.now();
  const back = serverIsBack(over + RECOVERS_WITHIN_MS);
  const failed = await recover(victim, load).then(() => undefined, (error) => error);
  Object.assign(row, { to: Date.now(), refused: ledger.refused - refused });
  if (!failed) Object.assign(row, { recoveredMs: row.to - over, bootMs: ((await back) ?? over) - over });
  say(failed ? `✗ ${row.name}: ${failed.message}` : `✓ ${row.name}: recovered after ${recoveryOf(row)}`);
  return row;
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

async function reckon({ seed, victim, ledger, rows, say }) {
  const servers = await victim.servers();
  say('');
  const audit = await runAudit(servers, SETTLES_WITHIN_MS);
  const stored = await storedIn(servers.databases);
  const findings = judge(ledger, stored);
  for (const line of ['', ...faultTable(rows, findings), '', loadLine(ledger, tooLate(ledger, stored)), ...findingLines(findings)]) say(line);
  const count = (kind) => findings.filter((finding) => finding.kind === kind).length;
  const wrong = [
    ...rows.filter(({ recoveredMs }) => recoveredMs === undefined).map(({ name }) => `did not recover from: ${name}`),
    ...['lost', 'doubled'].filter((kind) => count(kind) > 0).map((kind) => `${count(kind)} ${kind}`),
    ...(audit === 0 ? [] : ['the audit found something broken']),
    ...ledger.unexpectedAnswers.map((what) => `not an answer of the API: ${what}`),
  ];
  return { wrong, summary: { seed, rows, orders: ledger.orders.length, claims: ledger.claims.length, lost: count('lost'), doubled: count('doubled'), audit: audit === 0 } };
}
