import { z } from 'zod';
import { command, event, query } from './kit/message.js';
import { Id, Instant } from './kit/values.js';
import { Money } from './values.js';

/** A card number, exchanged for a token before anything is stored or published. */
export const PaymentRequest = z.strictObject({
  card: z.string().regex(/^[0-9]{12,19}$/, 'a card number is 12 to 19 digits'),
});
/** `pending`: the card gateway has not answered yet; the status of the order will show the result. */
export const PaymentResult = z.object({ status: z.enum(['captured', 'pending']) });

export const Pay = command('payments.pay', z.object({ orderId: Id, userId: Id, cardToken: z.string().max(200) }), {
  reply: PaymentResult,
  about:
    'Problems: 402 declined, 404 no such payable for this user, 409 not payable now: paid, cancelled, or asked ' +
    'for after the end of its window; 429 with retryAfter (s) when too many cards have failed.',
});
export const GetPayable = query(
  'payments.payable',
  z.object({ orderId: Id, userId: Id }),
  z.object({ status: z.enum(['open', 'capturing']) }),
  {
    about:
      'Whether a payment would be taken, asked before the card is exchanged for a token. Problems: 404 no such ' +
      'payable for this user, 409 not payable now, 429 with retryAfter (s) when too many cards have failed.',
  },
);
export const RefuseCard = command('payments.refuse-card', z.object({ orderId: Id, userId: Id }), {
  about:
    'The card vault does not know the number that this user wanted to pay with; nothing of the number is told. ' +
    'Counted like a decline. Problems, always one: 422 unknown card, 429 with retryAfter (s) when too many cards ' +
    'have failed before.',
});
export const ClosePayable = command('payments.close', z.object({ orderId: Id }), {
  about:
    'The payment window of an order is over. `payable.voided` says that nobody can pay it any more; ' +
    '`payment.captured` that it was paid before that. While a payment that was asked for in time is going on, its ' +
    'outcome decides. Before the end of the window, nothing.',
});
export const ExtendPayable = command('payments.extend', z.object({ orderId: Id, payBy: Instant }), {
  about:
    'The order can be paid until then, if that is later than before: its customer could not see before now that ' +
    'it can be paid.',
});
export const CapturePayment = command('payments.capture', z.object({ orderId: Id, captureId: Id }), {
  reply: PaymentResult,
  about:
    "Calls the card gateway with the capture's id as its idempotency key; sent by payments to itself, answers the " +
    'caller of `payments.pay`.',
});
export const RefundPayment = command('payments.refund', z.object({ orderId: Id, captureId: Id }), {
  about:
    "Gives the money of one capture back; the card gateway's idempotency key follows from the capture's id. Sent " +
    'by payments to itself.',
});

const fact = { orderId: Id, userId: Id, version: z.int() };
export const PayableOpened = event('payable.opened', z.object({ ...fact, amount: Money, payBy: Instant.optional() }), {
  about:
    'The order can be paid, until `payBy` by the clock of payments, which alone decides whether a payment is in time.',
});
export const PaymentCaptured = event('payment.captured', z.object({ ...fact, paymentId: Id, amount: Money }));
export const PaymentDeclined = event('payment.declined', z.object({ ...fact, reason: z.string() }), { optional: true });
export const PayableVoided = event('payable.voided', z.object(fact), {
  optional: true,
  about: 'Nobody can pay the order any more. What a capture that is under way brings for a cancelled order goes back.',
});
export const PaymentRefunded = event('payment.refunded', z.object({ ...fact, paymentId: Id, amount: Money }), {
  about: 'The money of a cancelled order is on its way back, all of it.',
});
