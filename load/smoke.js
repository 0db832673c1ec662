// Does every step of buying work once: an order, and a piece in a flash sale, with the documented responses?
import { check, fail } from 'k6';
import { auditSale } from './lib/audit.js';
import { bodyOf, claim, order, placeOrder, products, sale, timeline, until } from './lib/client.js';
import { claimPiece, payFor, waitForDecision, waitForResult } from './lib/buying.js';
import { AUDITED } from './lib/limits.js';
import { COMMON } from './lib/settings.js';
import { newSku, openSale, signInAdmin, stock } from './lib/stock.js';
import { summary } from './lib/summary.js';
import { tokenOf } from './lib/tokens.js';

const QUESTION = 'smoke: does every step of buying work, once?';
/** Long enough to send a claim before the sale opens. */
const OPENS_IN_S = 8;
const WITHIN_S = 30;

export const options = {
  ...COMMON,
  scenarios: { buy: { executor: 'per-vu-iterations', vus: 1, iterations: 1, maxDuration: '3m', exec: 'buy' } },
  thresholds: { checks: ['rate==1'], ...AUDITED, http_req_failed: ['rate==0'], iterations: ['count==1'] },
};

export function setup() {
  const admin = signInAdmin();
  const sku = newSku('smoke');
  stock(admin, sku, 10, tokenOf(0));
  const saleId = openSale(admin, tokenOf(0), {
    sku: newSku('sale'),
    quantity: 1,
    opensIn: OPENS_IN_S,
    closesIn: 120,
    payWithinSeconds: 60,
    state: 'scheduled',
  });
  return { sku, saleId };
}

export function buy({ sku, saleId }) {
  claimEarly(saleId);
  buyOne(sku);
  buyInSale(saleId);
}

function claimEarly(saleId) {
  check(claim(tokenOf(0), saleId), { 'a claim before the sale opens is 425': ({ status }) => status === 425 });
}

function buyOne(sku) {
  check(products(), { 'the products can be listed': (answer) => Array.isArray(bodyOf(answer).items) });
  const [first, again] = [1, 2].map(() => placeOrder(tokenOf(0), sku, `${sku}-smoke`));
  const { id } = bodyOf(first);
  check(first, { 'an order is 201, or 202 for later': ({ status }) => status === 201 || status === 202 });
  check(again, { 'the same key is the same order': (answer) => bodyOf(answer).id === id });
  if (!id) fail(`no order: ${first.status} ${first.body}`);
  check(waitForDecision(tokenOf(0), id, WITHIN_S), {
    'the order can be paid': (found) => found?.status === 'awaiting_payment',
  });
  check(payFor(tokenOf(0), id, WITHIN_S), { 'the order is paid': (paid) => paid });
  check(timeline(tokenOf(0), id), { 'the timeline has the events': (answer) => bodyOf(answer).events?.length > 2 });
}

function buyInSale(saleId) {
  until(OPENS_IN_S + WITHIN_S, 0.2, () => bodyOf(sale(saleId)).state === 'open' || undefined);
  const [first, again] = [1, 2].map(() => claimPiece(tokenOf(0), saleId));
  const { ticket } = bodyOf(first);
  check(first, { 'a claim is 202 with a ticket': ({ status }) => status === 202 && typeof ticket === 'string' });
  if (!ticket) fail(`no ticket: ${first.status} ${first.body}`);
  check(again, {
    'a double click has the same ticket, or finds it sold out': (answer) =>
      answer.status === 410 || bodyOf(answer).ticket === ticket,
  });
  const won = waitForResult(tokenOf(0), saleId, ticket, WITHIN_S);
  check(won, { 'the first claim wins': (result) => result?.status === 'won' && typeof result.orderId === 'string' });
  check(payFor(tokenOf(0), won?.orderId, WITHIN_S), { 'the piece that was won is paid': (paid) => paid });
  check(bodyOf(order(tokenOf(0), won?.orderId)), {
    "it costs the sale's price": ({ flashSaleId, total }) => flashSaleId === saleId && total?.amount === 500,
  });
  check(isTooLate(saleId), { 'a claim that is too late is refused as sold out': (refused) => refused });
}

/** Refused by the gateway or, while the gateway has no record of the sell-out yet, as result of the ticket. */
function isTooLate(saleId) {
  const late = claimPiece(tokenOf(1), saleId);
  if (late.status === 410) return true;
  const result = late.status === 202 ? waitForResult(tokenOf(1), saleId, bodyOf(late).ticket, WITHIN_S) : undefined;
  return result?.status === 'lost' && result.reason === 'sold_out';
}

export function teardown({ saleId }) {
  auditSale(saleId);
}

export function handleSummary(data) {
  return summary(data, QUESTION, ({ times }) => [['requests', times('http_req_duration')]]);
}
