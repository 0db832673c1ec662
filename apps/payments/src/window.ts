import type { ClosePayable, Data, ExtendPayable } from '@sluice/contracts';
import { closed, voided } from './cancellation.js';
import type { Decision, State } from './tables.js';

/**
 * Orders requests this at the end of the window and cancels nothing before `payable.voided`: the lock of this row orders a payment
 * and a lapse at the same instant. The outcome of a running capture is waited for. A repeated request repeats the fact. Before
 * the end of the window by this clock nothing happens.
 */
export function closePayable(state: State, { orderId }: Data<typeof ClosePayable>, now: Date): Decision {
  const payable = state.payables[orderId];
  if (!payable || (payable.payBy && now < payable.payBy)) return {};
  switch (payable.status) {
    case 'open':
      return closed({ ...payable, status: 'voided', lapsedAt: now, version: payable.version + 1 });
    case 'capturing':
      return payable.lapsedAt
        ? {}
        : { state: { payables: { [orderId]: { ...payable, lapsedAt: now, version: payable.version + 1 } } } };
    case 'voided':
      return { messages: [voided(payable)] };
    case 'captured':
    case 'voiding':
    case 'refunding':
    case 'refunded':
      return {};
  }
}

/** The customer was shown late that the order can be paid. A closed payable stays closed. */
export function extendWindow(state: State, { orderId, payBy: until }: Data<typeof ExtendPayable>): Decision {
  const payable = state.payables[orderId];
  const payBy = new Date(until);
  if (payable?.status !== 'open' && payable?.status !== 'capturing') return {};
  if (!payable.payBy || payBy <= payable.payBy) return {};
  return { state: { payables: { [orderId]: { ...payable, payBy, version: payable.version + 1 } } } };
}
