import type { ClosePayable, Data, ExtendPayable } from '@sluice/contracts';
import { closed, voided } from './cancellation.js';
import type { Decision, State } from './tables.js';

/**
 * On `payments.close`, which orders sends at the end of the window; orders cancels nothing before `payable.voided`,
 * so the lock of this row orders a payment and a lapse at the same instant. A running capture is awaited. A repeated
 * request repeats the fact. Before the end of the window by this clock nothing happens.
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
    case 'unopened':
    case 'captured':
    case 'voiding':
    case 'refunding':
    case 'refunded':
      return {};
  }
}

/** Extends the window when orders could show it only late. A closed payable stays closed. */
export function extendWindow(state: State, { orderId, payBy: until }: Data<typeof ExtendPayable>): Decision {
  const payable = state.payables[orderId];
  const payBy = new Date(until);
  if (payable?.status !== 'open' && payable?.status !== 'capturing') return {};
  if (!payable.payBy || payBy <= payable.payBy) return {};
  return { state: { payables: { [orderId]: { ...payable, payBy, version: payable.version + 1 } } } };
}
