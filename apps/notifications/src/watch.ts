import {
  AlertWatchers,
  type Data,
  InboxFilled,
  type Outgoing,
  type ProductRestocked,
  type WatchProduct,
} from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { deliveryId, enter, mail, noticesOf, type Step } from './composition.js';
import { announceReturn } from './notice.js';
import { recipientIn } from './recipient.js';
import type { Decision, Keys, Recipient, Sent, State, Watch } from './tables.js';
import type { TextLimits } from './text-limit.js';

type Wish = Data<typeof WatchProduct>;

/** Products that one person watches at most. */
export const MAX_WATCHES = 500;
/** Watchers that one commit tells: some hundred rows. */
export const ALERTED_AT_ONCE = 100;
/** Comes before every user's id. */
export const FIRST = '00000000-0000-0000-0000-000000000000';

const watchKey = (sku: string, userId: string): string => `${sku}/${userId}`;

export const watchKeys = ({ userId, sku }: Wish): Keys => ({ recipients: [userId], watches: [watchKey(sku, userId)] });

/**
 * Begins a watch; twice is once.
 * @param at when the request was accepted: it may be handled after a later one
 * @throws ProblemError 409 too many watches of this person
 */
export function watch(state: State, wish: Wish, at: Date): Decision {
  if (isDecided(state, wish, at, true)) return {};
  const { watches } = recipientIn(state, wish.userId);
  if (watches >= MAX_WATCHES)
    throw ProblemError.of(409, 'Too many watches', `At most ${MAX_WATCHES} products can be watched.`);
  return changed(state, wish, at, true);
}

/** Ends a watch, if there is one. */
export const unwatch = (state: State, wish: Wish, at: Date): Decision =>
  isDecided(state, wish, at, false) ? {} : changed(state, wish, at, false);

/** Whether it is as wished, or a later request has been handled. The end of no watch is stored, for earlier requests. */
function isDecided({ watches }: State, { sku, userId }: Wish, at: Date, watching: boolean): boolean {
  const before = watches[watchKey(sku, userId)];
  return before !== undefined && (before.watching === watching || before.changedAt > at);
}

function changed(state: State, { sku, userId }: Wish, changedAt: Date, watching: boolean): Decision {
  const key = watchKey(sku, userId);
  const before = state.watches[key];
  const after: Watch = { sku, userId, watching, changedAt, version: (before?.version ?? 0) + 1 };
  const more = Number(watching) - Number(before?.watching ?? false);
  const recipient = recipientIn(state, userId);
  return {
    state: {
      watches: { [key]: after },
      ...(more !== 0 && { recipients: { [userId]: counting(recipient, more) } }),
    },
  };
}

const counting = (recipient: Recipient, more: number): Recipient => ({
  ...recipient,
  watches: recipient.watches + more,
  version: recipient.version + 1,
});

export type Restocked = Pick<Data<typeof ProductRestocked>, 'sku' | 'name' | 'version'>;

/** The same for the same return of a product, however often its fact arrives. */
const alertId = ({ sku, version }: Restocked, userId: string, channel: string): string =>
  deliveryId(`restocked/${sku}/${version}`, userId, channel);

export const alertKeys = (restocked: Restocked, userIds: readonly string[]): Keys => ({
  recipients: userIds,
  watches: userIds.map((userId) => watchKey(restocked.sku, userId)),
  deliveries: userIds.map((userId) => alertId(restocked, userId, 'inbox')),
});

/**
 * Tells those who watch the product that it is back, once for each return; the watch stays.
 * @param userIds in order; where there are as many as one commit tells, a message asks for the next
 */
export function alert(
  state: State,
  restocked: Restocked,
  userIds: readonly string[],
  limits: TextLimits,
  now: Date,
): Decision {
  const alerted = userIds
    .filter((userId) => isWaiting(state, restocked, userId))
    .map((userId) => alertOf(recipientIn(state, userId), restocked, limits, now));
  return {
    state: {
      deliveries: Object.fromEntries(alerted.map(({ entry }) => [entry.id, entry])),
      recipients: Object.fromEntries(alerted.map(({ after }) => [after.userId, after])),
    },
    append: {
      newTexts: alerted.flatMap(({ append }) => append?.newTexts ?? []),
      newDeliveries: alerted.flatMap(({ append }) => append?.newDeliveries ?? []),
    },
    messages: [
      ...alerted.flatMap(({ messages = [] }) => messages),
      ...(alerted.length > 0 ? [InboxFilled({ userIds: alerted.map(({ after }) => after.userId) })] : []),
      ...(userIds.length < ALERTED_AT_ONCE ? [] : [nextAlert(restocked, userIds.at(-1)!)]),
    ],
  };
}

const isWaiting = ({ watches, deliveries }: State, restocked: Restocked, userId: string): boolean =>
  watches[watchKey(restocked.sku, userId)]?.watching === true &&
  deliveries[alertId(restocked, userId, 'inbox')] === undefined;

/** The entry is a row that is checked, so that a return gives one alert, and not one that is only appended. */
function alertOf(recipient: Recipient, restocked: Restocked, limits: TextLimits, now: Date): Step & { entry: Sent } {
  const { inbox, email } = noticesOf(announceReturn(restocked, recipient.language), (channel) =>
    alertId(restocked, recipient.userId, channel),
  );
  const { after: entered, entry } = enter(recipient, inbox!, now);
  const mailed = email ? mail(entered, email, limits, now) : { after: entered };
  return { ...mailed, after: { ...mailed.after, version: recipient.version + 1 }, entry };
}

const nextAlert = ({ sku, name, version }: Restocked, after: string): Outgoing =>
  AlertWatchers({ sku, name, version, after });
