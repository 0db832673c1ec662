// Measures for overload.js how many orders per second the system processes, when customers order without a pause.
//   LOAD_VUS concurrent customers (100), LOAD_SECONDS (20), LOAD_RESULT a file for the result, as JSON
import exec from 'k6/execution';
import { Counter, Gauge, Rate } from 'k6/metrics';
import { bodyOf, placeOrder } from './lib/client.js';
import { waitForDecision } from './lib/buying.js';
import { FAILED } from './lib/limits.js';
import { COMMON, whole } from './lib/settings.js';
import { newSku, signInAdmin, stock } from './lib/stock.js';
import { number, summary } from './lib/summary.js';
import { tokenOf } from './lib/tokens.js';

const SECONDS = whole('LOAD_SECONDS', 20, { most: 300 });
const VUS = whole('LOAD_VUS', 100, { most: 2_000 });
/** More than the system can accept on any machine for which this script is meant. */
const MOST_PER_SECOND = 10_000;
const QUESTION = `capacity: how many orders per second are processed, from ${VUS} customers at a time?`;

const accepted = new Counter('orders_accepted');
const processed = new Rate('processed');
/** How long the last order waited for the orders before it. */
const backlog = new Gauge('backlog_ms', true);

export const options = {
  ...COMMON,
  scenarios: {
    place: { executor: 'constant-vus', vus: VUS, duration: `${SECONDS}s`, gracefulStop: '25s', exec: 'place' },
  },
  thresholds: { http_req_failed: FAILED, processed: ['rate==1'] },
};

export function setup() {
  const sku = newSku('capacity');
  stock(signInAdmin(), sku, SECONDS * MOST_PER_SECOND, tokenOf(0));
  return { sku };
}

export function place({ sku }) {
  const turn = exec.scenario.iterationInTest;
  const { status } = placeOrder(tokenOf(turn), sku, `${sku}-${turn}`);
  if (status === 201 || status === 202) accepted.add(1);
}

/** Places a last order. Orders are decided in the order of arrival, so when this one is decided, all are. */
export function teardown({ sku }) {
  const begun = Date.now();
  const { id } = bodyOf(placeOrder(tokenOf(0), sku, `${sku}-last`));
  processed.add(waitForDecision(tokenOf(0), id, 240) !== undefined);
  backlog.add(Date.now() - begun);
}

export function handleSummary(data) {
  let perSecond = 0;
  const answer = ({ count, gauge }) => {
    perSecond = Math.floor(count('orders_accepted') / (SECONDS + gauge('backlog_ms') / 1000));
    return [
      ['processed', `${number(perSecond)} orders per second (LOAD_CAPACITY=${perSecond})`],
      [
        'accepted',
        `${number(count('orders_accepted'))} in ${SECONDS} s; the last one was decided ${number(gauge('backlog_ms'))} ms after them`,
      ],
    ];
  };
  const shown = summary(data, QUESTION, answer, 'This many.');
  return { ...shown, ...(__ENV.LOAD_RESULT && { [__ENV.LOAD_RESULT]: JSON.stringify({ perSecond }) }) };
}
