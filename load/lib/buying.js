import { sleep } from 'k6';
import { bodyOf, claim, order, pay, ticket, until } from './client.js';

const PAID = ['paid', 'shipped', 'completed'];
/** Maximum number of tries after a 503 ("unknown"). A retry is safe: it gets the same ticket. */
const TRIES = 3;

/** Claims a piece and retries after a 503. @returns the last response */
export function claimPiece(token, saleId) {
  let answer = claim(token, saleId);
  for (let tries = 1; answer.status === 503 && tries < TRIES; tries++) {
    sleep(Number(answer.headers['Retry-After']) || 1);
    answer = claim(token, saleId);
  }
  return answer;
}

/** Polls the result of a ticket. @returns {{ status, orderId?, reason? } | undefined} undefined: still waiting */
export function waitForResult(token, saleId, id, withinSeconds) {
  return until(withinSeconds, 1, () => {
    const result = bodyOf(ticket(token, saleId, id));
    return ['won', 'lost', 'expired'].includes(result.status) ? result : undefined;
  });
}

/** Waits until an order can be paid or was refused. @returns the order; undefined when it is still pending */
export function waitForDecision(token, id, withinSeconds) {
  return until(withinSeconds, 0.2, () => {
    const found = bodyOf(order(token, id));
    return found.status && found.status !== 'pending' ? found : undefined;
  });
}

/** Pays an order as soon as it can be paid. @returns {boolean} whether it is paid */
export function payFor(token, id, withinSeconds) {
  const paid = until(withinSeconds, 0.5, () => {
    const found = bodyOf(order(token, id));
    if (PAID.includes(found.status)) return true;
    return found.status === 'awaiting_payment' && pay(token, id).status === 200 ? true : undefined;
  });
  return paid === true;
}
