// After a long time of normal load, is the system as fast as at the beginning, and does its audit pass?
//   LOAD_RATE customers per second (10), LOAD_MINUTES (30)
import exec from 'k6/execution';
import { Counter, Rate, Trend } from 'k6/metrics';
import { auditSale } from './lib/audit.js';
import { bodyOf, orders, placeOrder, product, products } from './lib/client.js';
import { claimPiece, payFor, waitForDecision, waitForResult } from './lib/buying.js';
import { AUDITED, CLAIMED, FAILED, offered, PLACED } from './lib/limits.js';
import { COMMON, whole } from './lib/settings.js';
import { newSku, openSale, signInAdmin, stock } from './lib/stock.js';
import { number, summary } from './lib/summary.js';
import { tokenOf, tokens } from './lib/tokens.js';

const RATE = whole('LOAD_RATE', 10, { most: 1_000 });
const MINUTES = whole('LOAD_MINUTES', 30, { most: 24 * 60 });
const SECONDS = MINUTES * 60;
/** The first and the last tenth of the time are compared. */
const TENTH_MS = (SECONDS * 1000) / 10;
/** Claims arrive once per second, in a sale with at most one piece for every second claim. */
const SALE_STOCK = Math.min(10_000, Math.ceil(Math.min(SECONDS, tokens.length) / 2));
const PAY_WITHIN_S = 20;
/** Every third winner does not pay, so that pieces are returned and sold again. */
const DOES_NOT_PAY_ONE_IN = 3;
const WITHIN_S = 30;
const QUESTION = `soak: after ${MINUTES} minutes of ${RATE} customers per second, is it as quick as at the beginning, and are the books right?`;

const first = new Trend('order_answered_first_tenth', true);
const between = new Trend('order_answered_between', true);
const last = new Trend('order_answered_last_tenth', true);
const claimed = new Trend('claim_answered', true);
const completed = new Rate('bought');
const gotResult = new Rate('decided');
const placed = new Counter('orders_placed');

const arrivals = {
  executor: 'constant-arrival-rate',
  timeUnit: '1s',
  duration: `${SECONDS}s`,
  gracefulStop: `${2 * WITHIN_S + 10}s`,
};

export const options = {
  ...COMMON,
  scenarios: {
    shop: { ...arrivals, rate: RATE, preAllocatedVUs: RATE * 4, maxVUs: RATE * 40, exec: 'shop' },
    sale: { ...arrivals, rate: 1, preAllocatedVUs: 10, maxVUs: 80, exec: 'joinSale' },
  },
  thresholds: {
    order_answered_first_tenth: PLACED,
    order_answered_last_tenth: PLACED,
    claim_answered: CLAIMED,
    bought: ['rate>0.999'],
    decided: ['rate==1'],
    http_req_failed: FAILED,
    ...AUDITED,
    dropped_iterations: offered(RATE * SECONDS),
  },
};

export function setup() {
  const admin = signInAdmin();
  const sku = newSku('soak');
  stock(admin, sku, RATE * SECONDS + 1, tokenOf(0));
  const saleId = openSale(admin, tokenOf(0), {
    sku: newSku('sale'),
    quantity: SALE_STOCK,
    opensIn: 2,
    closesIn: SECONDS + 300,
    payWithinSeconds: PAY_WITHIN_S,
  });
  return { sku, saleId, begun: Date.now() };
}

/** Reads the products, buys one piece, and reads the orders. */
export function shop({ sku, begun }) {
  const turn = exec.scenario.iterationInTest;
  const token = tokenOf(turn);
  products();
  product(sku);
  const answer = placeOrder(token, sku, `${sku}-${turn}`);
  tenthOf(begun).add(answer.timings.duration);
  placed.add(1);
  const { id } = bodyOf(answer);
  completed.add(waitForDecision(token, id, WITHIN_S)?.status === 'awaiting_payment' && payFor(token, id, WITHIN_S));
  orders(token);
}

function tenthOf(begun) {
  const passed = Date.now() - begun;
  if (passed < TENTH_MS) return first;
  return passed >= 9 * TENTH_MS ? last : between;
}

export function joinSale({ saleId }) {
  const turn = exec.scenario.iterationInTest;
  const token = tokenOf(turn);
  const answer = claimPiece(token, saleId);
  claimed.add(answer.timings.duration);
  if (answer.status !== 202) return;
  const result = waitForResult(token, saleId, bodyOf(answer).ticket, WITHIN_S);
  gotResult.add(result !== undefined);
  if (result?.status === 'won' && turn % DOES_NOT_PAY_ONE_IN > 0) payFor(token, result.orderId, PAY_WITHIN_S);
}

export function teardown({ saleId }) {
  auditSale(saleId, PAY_WITHIN_S + 60);
}

export function handleSummary(data) {
  return summary(data, QUESTION, ({ count, p95, times }) => [
    ['orders', number(count('orders_placed'))],
    ['first tenth', times('order_answered_first_tenth')],
    ['between', times('order_answered_between')],
    ['last tenth', times('order_answered_last_tenth')],
    [
      'compared',
      `95% took ${(p95('order_answered_last_tenth') / (p95('order_answered_first_tenth') || 1)).toFixed(2)} times as long at the end as at the beginning`,
    ],
    ['sale', `claims: ${times('claim_answered')}`],
  ]);
}
