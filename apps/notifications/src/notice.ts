import {
  AccountRegistered,
  type Channel,
  CodeIssued,
  type Contract,
  type Data,
  type Language,
  type Message,
  OrderAwaitingPayment,
  OrderCancellationRefused,
  OrderCancelled,
  OrderCompleted,
  OrderPaid,
  OrderPaidTooLate,
  OrderRejected,
  OrderShipped,
  PaymentRefunded,
  type ProductRestocked,
} from '@sluice/contracts';
import type { Texts } from './english.js';
import { TEXTS } from './texts.js';

/** A fact about one person. */
export type Fact = OrderFact | Message<typeof AccountRegistered | typeof CodeIssued>;

/** A fact about an order, which is announced to its customer. */
export type OrderFact = Message<
  | typeof OrderAwaitingPayment
  | typeof OrderPaid
  | typeof OrderShipped
  | typeof OrderCompleted
  | typeof OrderRejected
  | typeof OrderCancelled
  | typeof OrderCancellationRefused
  | typeof OrderPaidTooLate
  | typeof PaymentRefunded
>;

export interface Announcement {
  channels: readonly Channel[];
  about: string;
  text: string;
  /** Of an e-mail. */
  subject?: string;
  /** Stored instead of the text, which contains a secret. */
  recorded?: string;
  /** How long the notice is of use. Milliseconds. */
  goodForMs?: number;
}

/** The same as in accounts: a code is valid for ten minutes. */
const CODE_TTL_MS = 10 * 60_000;

/** Enough of the id for a person to distinguish their orders. */
const short = (orderId: string): string => orderId.slice(0, 8);
const utc = (instant: string): string => `${instant.slice(0, 16).replace('T', ' ')} UTC`;

type Composer = (data: never, texts: Texts) => Announcement;
type OrderText<C extends Contract> = (texts: Texts, order: string, data: Data<C>) => string;

/** Codes go by text message only: they prove the number. */
function codeAnnouncement(contract: typeof AccountRegistered | typeof CodeIssued): [string, Composer] {
  const compose = ({ code, version }: Data<typeof CodeIssued>, texts: Texts): Announcement => ({
    channels: ['sms'],
    about: 'verification',
    text: texts.code(code),
    recorded: texts.recordedCode(version),
    goodForMs: CODE_TTL_MS,
  });
  return [contract.type, compose];
}

function orderAnnouncement<C extends Contract>(
  { type }: C,
  channels: readonly Channel[],
  text: OrderText<C>,
): [string, Composer] {
  const compose = (data: Data<C> & { orderId: string }, texts: Texts): Announcement => {
    const order = short(data.orderId);
    const subject = texts.aboutOrder(order);
    return { channels, about: `orders/${data.orderId}`, text: text(texts, order, data), subject };
  };
  return [type, compose];
}

const EVERYWHERE: readonly Channel[] = ['sms', 'email', 'inbox'];
/** The person waits for nothing more, so no text message is paid for it. */
const WITHOUT_SMS: readonly Channel[] = ['email', 'inbox'];

/** Channels and text per fact, one entry each. */
const announcements = new Map<string, Composer>([
  codeAnnouncement(AccountRegistered),
  codeAnnouncement(CodeIssued),
  orderAnnouncement(OrderAwaitingPayment, EVERYWHERE, (texts, order, { total, payBy }) =>
    texts.awaitingPayment(order, total, utc(payBy)),
  ),
  orderAnnouncement(OrderPaid, EVERYWHERE, (texts, order, { total }) =>
    total.amount === 0 ? texts.nothingToPay(order) : texts.paid(order, total),
  ),
  orderAnnouncement(OrderShipped, EVERYWHERE, (texts, order) => texts.shipped(order)),
  orderAnnouncement(OrderCompleted, WITHOUT_SMS, (texts, order) => texts.completed(order)),
  orderAnnouncement(OrderRejected, EVERYWHERE, (texts, order, { reason, limit }) =>
    texts.rejected(order, limit ? 'too_many_unpaid' : reason),
  ),
  orderAnnouncement(OrderCancelled, EVERYWHERE, (texts, order, { reason }) =>
    reason === 'customer' ? texts.cancelledAsAsked(order) : texts.cancelled(order, reason),
  ),
  orderAnnouncement(OrderCancellationRefused, EVERYWHERE, (texts, order) => texts.cancellationRefused(order)),
  orderAnnouncement(OrderPaidTooLate, EVERYWHERE, (texts, order, { amount }) => texts.paidTooLate(order, amount)),
  orderAnnouncement(PaymentRefunded, EVERYWHERE, (texts, order, { amount }) => texts.refunded(order, amount)),
]);

/** The notice that a product is back. No text message is paid for it. */
export function announceReturn(
  { sku, name }: Pick<Data<typeof ProductRestocked>, 'sku' | 'name'>,
  language: Language,
): Announcement {
  const texts = TEXTS[language];
  const [text, subject] = [texts.restocked(name), texts.aboutProduct(name)];
  return { channels: WITHOUT_SMS, about: `products/${sku}`, text, subject };
}

/** The notice for the person that a fact is about. @throws Error when the table has no entry for the fact */
export function announce({ type, data }: Fact, language: Language): Announcement {
  const compose = announcements.get(type);
  if (!compose) throw new Error(`no announcement for ${type}`);
  return compose(data as never, TEXTS[language]);
}
