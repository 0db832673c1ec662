// At a constant rate of orders, how long does a customer wait for the response, and is every accepted order kept?
//   LOAD_RATE orders per second (50), LOAD_SECONDS (60)
import exec from 'k6/execution';
import { Counter, Trend } from 'k6/metrics';
import { auditOrders, unaccounted } from './lib/audit.js';
import { placeOrder } from './lib/client.js';
import { FAILED, offered, ORDERS_AUDITED, PLACED } from './lib/limits.js';
import { COMMON, whole } from './lib/settings.js';
import { newSku, signInAdmin, stock } from './lib/stock.js';
import { number, summary } from './lib/summary.js';
import { tokenOf, tokens } from './lib/tokens.js';

const RATE = whole('LOAD_RATE', 50, { most: 10_000 });
const SECONDS = whole('LOAD_SECONDS', 60, { most: 3_600 });
const ORDERS = RATE * SECONDS;
const QUESTION = `place-order: at ${RATE} orders per second for ${SECONDS} s, is every customer answered in time, and every accepted order kept?`;

const placed = new Counter('orders_placed');
const late = new Counter('orders_accepted_late');
const answered = new Trend('order_answered', true);

export const options = {
  ...COMMON,
  scenarios: {
    place: {
      executor: 'constant-arrival-rate',
      rate: RATE,
      timeUnit: '1s',
      duration: `${SECONDS}s`,
      preAllocatedVUs: Math.min(RATE, 500),
      maxVUs: Math.min(RATE * 5, 3_000),
      gracefulStop: '25s',
      exec: 'place',
    },
  },
  thresholds: {
    order_answered: PLACED,
    http_req_failed: FAILED,
    ...ORDERS_AUDITED,
    dropped_iterations: offered(ORDERS),
  },
};

export function setup() {
  const sku = newSku('orders');
  const pieces = ORDERS + 1;
  const since = new Date().toISOString();
  stock(signInAdmin(), sku, pieces, tokenOf(0));
  return { sku, pieces, since };
}

export function place({ sku }) {
  const turn = exec.scenario.iterationInTest;
  const { status, timings } = placeOrder(tokenOf(turn), sku, `${sku}-${turn}`);
  if (status !== 201 && status !== 202) return;
  unaccounted.add(1);
  (status === 201 ? placed : late).add(1);
  answered.add(timings.duration);
}

export function teardown({ sku, pieces, since }) {
  auditOrders(sku, pieces, since);
}

export function handleSummary(data) {
  return summary(data, QUESTION, ({ count, times }) => [
    [
      'orders',
      `${number(count('orders_placed'))} placed (201), ${number(count('orders_accepted_late'))} accepted for later (202), ${number(count('http_reqs'))} requests in all, by ${number(tokens.length)} users`,
    ],
    ['answered', times('order_answered')],
  ]);
}
