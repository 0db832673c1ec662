import type { ClosePayable, Data, ExtendPayable } from '@sluice/contracts';
import { closed, voided } from './cancellation.js';
import type { Decision, State } from './tables.js';

/**
 * The payment window is over, says orders, and waits for the word of payments before it cancels anything: of a payment and a
 * lapse at the same instant this row's lock lets one be the first. A capture that was asked for in time is waited for. Asked
 * again, it says the same again. Before the end of the window by this clock there is nothing to say.
 */
export function closePayable(state: State, { orderId }: Data<typeof ClosePayable>, now: Date): Decision {
  const payable = state.payables[orderId];
  if (!payable || (payable.payBy && now < payable.payBy)) return {};
  switch (payable.status) {
    case 'open':
      return closed({ ...payable, status: 'voided', lapsedAt: now, version: payable.version + 1 });
    case 'capturing':
      return payable.lapsedAt ? {} : { state: { payables: { [orderId]: { ...payable, lapsedAt: now, version: payable.version + 1 } } } };
    case 'voided':
      return { messages: [voided(payable)] };
    default:
      return {};
  }
}

/** The customer saw only now that the order can be paid. What is closed stays so. */
export function extendWindow(state: State, { orderId, payBy: until }: Data<typeof ExtendPayable>): Decision {
  const payable = state.payables[orderId];
  const payBy = new Date(until);
  if (payable?.status !== 'open' && payable?.status !== 'capturing') return {};
  if (!payable.payBy || payBy <= payable.payBy) return {};
  return { state: { payables: { [orderId]: { ...payable, payBy, version: payable.version + 1 } } } };
}
