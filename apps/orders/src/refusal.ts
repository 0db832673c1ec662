import { OrderPlaced, type Data, type GetOrder, type Order as OrderView, type Problem } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { record, type Change } from './order-steps.js';
import { rejection } from './order.js';
import { answered } from './order.view.js';
import type { Refusal } from './pricing.js';
import { isRefused, type PendingOrder, type RefusedOrder, type Row } from './tables.js';

/** Stores a refused request while its caller may still wait for the reply. */
export const refused = (
  order: PendingOrder,
  { reason, detail, skus, limit }: Refusal,
  now: Date,
): Change<OrderView, Row> => {
  const refusal = { detail, skus, ...(limit && { limit }) };
  const row: RefusedOrder = {
    ...order,
    status: 'rejected',
    reason,
    placedAt: null,
    recordedAt: now,
    refusal,
    version: 1,
  };
  return { order: row, problem: problemOf(row) };
};

/** Stores a refused request as a rejected order, because its customer received 202. */
export function rejectedAtOnce(order: PendingOrder, refusal: Refusal, now: Date): Change<OrderView> {
  return { ...answered(rejected(order, refusal, now), now), problem: problemOf({ refusal }) };
}

/**
 * Makes a rejected order of a refused request when its user looks for it: only a 202 gave them the id. The customer
 * is notified.
 */
export function disclosed({ recordedAt, refusal, ...row }: RefusedOrder): Change {
  const order: PendingOrder = { ...row, status: 'pending', reason: null, placedAt: recordedAt, version: 0 };
  return rejected(order, { ...refusal, reason: row.reason }, recordedAt);
}

/** The refused request becomes a rejected order if its user, or an operator, queries it. */
export const disclosedTo = ({ userId, anyUser }: Viewer, row: Row | undefined): Change =>
  isRefused(row) && (anyUser || row.userId === userId) ? disclosed(row) : {};

type Viewer = Pick<Data<typeof GetOrder>, 'userId' | 'anyUser'>;

/** The reply to a refused request, repeated when the same message is delivered again. */
export function problemOf({ refusal: { detail, skus, limit } }: { refusal: Omit<Refusal, 'reason'> }): Problem {
  if (limit) return ProblemError.of(429, 'Too much unpaid', detail, { limit }).problem;
  return ProblemError.of(422, 'Not orderable', detail, { skus }).problem;
}

function rejected(order: PendingOrder, { reason, skus, limit }: Omit<Refusal, 'detail'>, now: Date): Change {
  const rejectedOrder = { ...order, reason, limitReached: limit ?? null };
  const entry = rejection(rejectedOrder, { reason, detail: limit ? { limit } : { skus } });
  return record(rejectedOrder, [{ type: OrderPlaced.type, detail: {} }, entry], now);
}
