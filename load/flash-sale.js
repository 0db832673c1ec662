// All users want one of a few pieces at the same moment: is exactly the stock sold, and each user informed at once?
//   LOAD_STOCK pieces (500), LOAD_SPIKE_SECONDS (20); one claim by each user of LOAD_TOKENS
import exec from 'k6/execution';
import { Counter, Rate, Trend } from 'k6/metrics';
import { auditSale } from './lib/audit.js';
import { bodyOf, orders, sale, until } from './lib/client.js';
import { claimPiece, payFor, waitForResult } from './lib/buying.js';
import { AUDITED, CLAIMED, FAILED, offered, REFUSED } from './lib/limits.js';
import { COMMON, whole } from './lib/settings.js';
import { newSku, openSale, signInAdmin } from './lib/stock.js';
import { number, summary } from './lib/summary.js';
import { tokens } from './lib/tokens.js';

const USERS = tokens.length;
const STOCK = whole('LOAD_STOCK', 500, { most: 10_000 });
const SPIKE_SECONDS = whole('LOAD_SPIKE_SECONDS', 20, { least: 4, most: 600 });
/** Users per second at the peak: a quarter of the time up, half at the peak, a quarter down; every user claims once. */
const PEAK = Math.ceil(USERS / (0.75 * SPIKE_SECONDS));
const QUARTER = SPIKE_SECONDS / 4;
/** Only every 20th user with a ticket stays in the waiting room, because a VU that waits costs k6 memory. */
const WAITS_ONE_IN = 20;
const WAITS_AT_MOST_S = 60;
/** After the spike every user looks up the result of the claim, and pays. */
const LOOKS_AFTER_S = SPIKE_SECONDS + 5;
const LOOKS_FOR_S = 300;
const SOLD_OUT_WITHIN_S = 60;
const QUESTION = `flash-sale: when ${number(USERS)} users want one of ${number(STOCK)} pieces within ${SPIKE_SECONDS} s, is exactly the stock sold, and everybody told at once?`;

const answers = {
  202: new Counter('claims_accepted'),
  410: new Counter('claims_sold_out'),
  429: new Counter('claims_line_full'),
  503: new Counter('claims_unknown'),
};
const other = new Counter('claims_other');
const accepted = new Trend('claim_accepted', true);
const soldOut = new Trend('claim_sold_out', true);
/** Share of users that received a result: of those in the waiting room, and of those whose lookup failed. */
const gotResult = new Rate('decided');
const waited = new Trend('waited_for_result', true);
const won = new Counter('orders_won');
const wonTwice = new Counter('users_who_won_twice');
const paid = new Rate('paid');
/** Orders of the sale that the users found, minus the pieces that the sale counts as held or sold. */
const oversold = new Counter('oversold');

export const options = {
  ...COMMON,
  scenarios: {
    spike: {
      executor: 'ramping-arrival-rate',
      startRate: 0,
      timeUnit: '1s',
      stages: [
        { target: PEAK, duration: `${QUARTER}s` },
        { target: PEAK, duration: `${2 * QUARTER}s` },
        { target: 0, duration: `${QUARTER}s` },
      ],
      preAllocatedVUs: Math.min(PEAK, 1_000),
      maxVUs: Math.min(PEAK * 2 + 100, 5_000),
      gracefulStop: `${WAITS_AT_MOST_S + 5}s`,
      exec: 'claimOne',
    },
    look: {
      executor: 'shared-iterations',
      vus: Math.min(50, USERS),
      iterations: USERS,
      startTime: `${LOOKS_AFTER_S}s`,
      maxDuration: `${LOOKS_FOR_S}s`,
      exec: 'lookAndPay',
    },
  },
  thresholds: {
    ...AUDITED,
    oversold: ['count==0'],
    users_who_won_twice: ['count==0'],
    claims_other: ['count==0'],
    claims_unknown: [`count<=${Math.ceil(USERS / 1000)}`],
    decided: ['rate==1'],
    paid: ['rate==1'],
    claim_accepted: CLAIMED,
    claim_sold_out: REFUSED,
    http_req_failed: FAILED,
    dropped_iterations: offered(USERS),
  },
};

export function setup() {
  const lasts = LOOKS_AFTER_S + LOOKS_FOR_S + 120;
  return {
    saleId: openSale(signInAdmin(), tokens[0], {
      sku: newSku('sale'),
      quantity: STOCK,
      opensIn: 2,
      closesIn: lasts,
      payWithinSeconds: lasts,
    }),
  };
}

export function claimOne({ saleId }) {
  const turn = exec.scenario.iterationInTest;
  if (turn >= USERS) return; // the ramp has a few more arrivals than there are users
  const answer = claimPiece(tokens[turn], saleId);
  (answers[answer.status] ?? other).add(1);
  if (answer.status === 410) soldOut.add(answer.timings.duration);
  if (answer.status !== 202) return;
  accepted.add(answer.timings.duration);
  if (turn % WAITS_ONE_IN === 0) stay(tokens[turn], saleId, bodyOf(answer).ticket);
}

function stay(token, saleId, ticket) {
  const begun = Date.now();
  gotResult.add(waitForResult(token, saleId, ticket, WAITS_AT_MOST_S) !== undefined);
  waited.add(Date.now() - begun);
}

let soldOutSeen = false;

/** Waits once per VU for the sell-out, after which winners soon have their orders; never with fewer users than pieces. */
function waitForSellOut(saleId) {
  if (!soldOutSeen && USERS > STOCK)
    until(SOLD_OUT_WITHIN_S, 1, () => bodyOf(sale(saleId)).remaining === 0 || undefined);
  soldOutSeen = true;
}

export function lookAndPay({ saleId }) {
  waitForSellOut(saleId);
  const token = tokens[exec.scenario.iterationInTest];
  const mine = until(20, 1, () => bodyOf(orders(token)).items);
  if (!mine) return void gotResult.add(false);
  const bought = mine.filter(({ flashSaleId }) => flashSaleId === saleId);
  won.add(bought.length);
  oversold.add(bought.length);
  wonTwice.add(Math.max(0, bought.length - 1));
  for (const { id } of bought) paid.add(payFor(token, id, 30));
}

export function teardown({ saleId }) {
  const { held, sold } = auditSale(saleId);
  oversold.add(-(held + sold));
}

export function handleSummary(data) {
  return summary(data, QUESTION, ({ count, times }) => [
    [
      'claims',
      `${number(count('claims_accepted'))} in line (202), ${number(count('claims_sold_out'))} "sold out" from the gateway (410), ${number(count('claims_line_full'))} must retry later (429), ${number(count('claims_unknown'))} unknown (503), ${number(count('claims_other'))} anything else`,
    ],
    ['in line', times('claim_accepted')],
    ['sold out', times('claim_sold_out')],
    ['decided', `won or lost, in the waiting room: ${times('waited_for_result')}`],
    ['orders', `${number(count('orders_won'))} for ${number(STOCK)} pieces`],
  ]);
}
