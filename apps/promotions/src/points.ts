import { type Data, type OrderCompleted, PointsEarned } from '@sluice/contracts';
import type { Balance, Earning, PointsDecision, PointsKeys, PointsState } from './tables.js';

/** Cents that earn a point; a remainder earns none. */
const CENTS_PER_POINT = 100;

export const pointsKeys = ({ orderId, userId }: Data<typeof OrderCompleted>): PointsKeys => ({
  balances: [userId],
  earnings: [orderId],
});

/**
 * Adds the points of a completed order once. The fact carries the balance's version, so that a copy can distinguish
 * old from new.
 */
export function earnPoints(
  state: PointsState,
  { orderId, userId, total }: Data<typeof OrderCompleted>,
): PointsDecision {
  const points = Math.floor(total.amount / CENTS_PER_POINT);
  if (points === 0 || state.earnings[orderId]) return {};
  const earning: Earning = { orderId, userId, points, version: 1 };
  const before = state.balances[userId];
  const balance: Balance = { userId, points: (before?.points ?? 0) + points, version: (before?.version ?? 0) + 1 };
  return {
    state: { earnings: { [orderId]: earning }, balances: { [userId]: balance } },
    messages: [PointsEarned({ orderId, userId, points, balance: balance.points, version: balance.version })],
  };
}
