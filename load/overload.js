// Offers twice as many orders as the system can process: does it refuse, keep what it accepted, and recover by itself?
//   LOAD_CAPACITY orders per second that it processes (measured by capacity.js), LOAD_SECONDS (60)
import { sleep } from 'k6';
import exec from 'k6/execution';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
import { auditOrders, unaccounted } from './lib/audit.js';
import { bodyOf, placeOrder, PLACED_OR_BUSY } from './lib/client.js';
import { waitForDecision } from './lib/buying.js';
import { FAILED, offered, ORDERS_AUDITED, PLACED } from './lib/limits.js';
import { COMMON, whole } from './lib/settings.js';
import { newSku, signInAdmin, stock } from './lib/stock.js';
import { number, share, summary } from './lib/summary.js';
import { tokenOf } from './lib/tokens.js';

const CAPACITY = whole('LOAD_CAPACITY', undefined, { most: 10_000 });
if (!CAPACITY)
  throw new Error(
    'LOAD_CAPACITY is not set: the orders per second that the system processes. ' +
      'capacity.js measures it; npm run load -- overload runs capacity.js first.',
  );
const RATE = 2 * CAPACITY;
const SECONDS = whole('LOAD_SECONDS', 60, { most: 600 });
/**
 * Twice the rate for SECONDS leaves a backlog that takes SECONDS to process. Allowed is twice that time, plus 10 s for
 * the first tries.
 */
const RECOVERS_WITHIN_S = 2 * SECONDS + 10;
/** The system has recovered when an order gets its response and its decision within these times. */
const SERVED_MS = 1_000;
const DECIDED_WITHIN_S = 3;
/** Orders that are placed after the recovery. */
const AFTER_SECONDS = 30;
const AFTER_RATE = Math.max(1, Math.floor(CAPACITY / 4));
/** The gateway waits at most 3 s for orders and then responds 202, so a response takes little more than 3 s. */
const MAX_WAIT = ['p(99)<3500'];
const QUESTION = `overload: offered ${RATE} orders per second for ${SECONDS} s, twice what it processes, does it say so, keep what it accepted, and recover?`;

const placed = new Counter('overload_201');
const late = new Counter('overload_202');
const busy = new Counter('overload_503_or_429');
const other = new Counter('overload_other');
const accepted = new Trend('overload_accepted', true);
const after = new Trend('order_answered_after', true);
const recovered = new Rate('recovered');
const recovery = new Gauge('recovered_after_ms', true);

export const options = {
  ...COMMON,
  scenarios: {
    offer: {
      executor: 'constant-arrival-rate',
      rate: RATE,
      timeUnit: '1s',
      duration: `${SECONDS}s`,
      preAllocatedVUs: Math.min(RATE, 1_000),
      maxVUs: Math.min(RATE * 5, 6_000),
      gracefulStop: '25s',
      exec: 'offer',
    },
    recover: {
      executor: 'per-vu-iterations',
      vus: 1,
      iterations: 1,
      startTime: `${SECONDS}s`,
      maxDuration: `${RECOVERS_WITHIN_S + 30}s`,
      exec: 'recover',
    },
    after: {
      executor: 'constant-arrival-rate',
      rate: AFTER_RATE,
      timeUnit: '1s',
      startTime: `${SECONDS + RECOVERS_WITHIN_S}s`,
      duration: `${AFTER_SECONDS}s`,
      preAllocatedVUs: AFTER_RATE,
      maxVUs: AFTER_RATE * 4,
      exec: 'orderAfter',
    },
  },
  thresholds: {
    overload_accepted: MAX_WAIT,
    overload_other: ['count==0'],
    recovered: ['rate==1'],
    order_answered_after: PLACED,
    http_req_failed: FAILED,
    ...ORDERS_AUDITED,
    dropped_iterations: offered(RATE * SECONDS),
  },
};

export function setup() {
  const sku = newSku('overload');
  const pieces = RATE * SECONDS + RECOVERS_WITHIN_S + AFTER_RATE * AFTER_SECONDS + 1;
  const since = new Date().toISOString();
  stock(signInAdmin(), sku, pieces, tokenOf(0));
  return { sku, pieces, since };
}

/** Places an order; if it is accepted, the audit expects to find it. */
function orderOne(sku, key, turn) {
  const answer = placeOrder(tokenOf(turn), sku, `${sku}-${key}-${turn}`, PLACED_OR_BUSY);
  if (answer.status === 201 || answer.status === 202) unaccounted.add(1);
  return answer;
}

export function offer({ sku }) {
  const { status, timings } = orderOne(sku, 'offer', exec.scenario.iterationInTest);
  const counters = { 201: placed, 202: late, 429: busy, 503: busy };
  (counters[status] ?? other).add(1);
  if (status === 201 || status === 202) accepted.add(timings.duration);
}

/** After the overload, places at most one order per second until one is answered and decided in time. */
export function recover({ sku }) {
  const begun = Date.now();
  const inTime = () => Date.now() - begun < RECOVERS_WITHIN_S * 1000;
  let isRecovered = false;
  for (let turn = 0; !isRecovered && inTime(); turn++) {
    const answer = orderOne(sku, 'recover', turn);
    const quick = answer.status === 201 && answer.timings.duration < SERVED_MS;
    isRecovered = quick && waitForDecision(tokenOf(turn), bodyOf(answer).id, DECIDED_WITHIN_S) !== undefined;
    if (!isRecovered) sleep(1);
  }
  recovered.add(isRecovered);
  recovery.add(Date.now() - begun);
}

export function orderAfter({ sku }) {
  after.add(orderOne(sku, 'after', exec.scenario.iterationInTest).timings.duration);
}

export function teardown({ sku, pieces, since }) {
  auditOrders(sku, pieces, since);
}

export function handleSummary(data) {
  return summary(data, QUESTION, ({ count, gauge, times }) => {
    const [created, later, refused, wrong] = [
      'overload_201',
      'overload_202',
      'overload_503_or_429',
      'overload_other',
    ].map(count);
    const all = created + later + refused + wrong;
    return [
      [
        'offered',
        `${number(all)} orders in ${SECONDS} s, ${number(count('dropped_iterations'))} that k6 could not offer`,
      ],
      [
        'answered',
        `201 ${share(created, all)}, 202 ${share(later, all)}, 503 or 429 ${share(refused, all)}, anything else ${number(wrong)}`,
      ],
      ['accepted', times('overload_accepted')],
      ['recovered', `${(gauge('recovered_after_ms') / 1000).toFixed(1)} s after the overload`],
      ['afterwards', times('order_answered_after')],
    ];
  });
}
