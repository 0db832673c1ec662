import { AlertWatchers, type Data, type ProductRestocked, type WatchProduct } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { deliveryId, inboxEntry, unknownRecipient } from './composition.js';
import { announceReturn } from './notice.js';
import type { Decision, Keys, Recipient, Sent, State, Watch } from './tables.js';

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
  const { watches } = state.recipients[wish.userId] ?? unknownRecipient(wish.userId);
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
  const recipient = state.recipients[userId] ?? unknownRecipient(userId);
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
export function alert(state: State, restocked: Restocked, userIds: readonly string[], now: Date): Decision {
  const told = userIds.filter((userId) => isWaiting(state, restocked, userId));
  const entries = told.map((userId) => entryOf(restocked, userId, now));
  const last = userIds.length < ALERTED_AT_ONCE ? undefined : userIds.at(-1);
  const { sku, name, version } = restocked;
  return {
    state: { deliveries: Object.fromEntries(entries.map((entry) => [entry.id, entry])) },
    messages: last === undefined ? [] : [AlertWatchers({ sku, name, version, after: last })],
  };
}

const isWaiting = ({ watches, deliveries }: State, restocked: Restocked, userId: string): boolean =>
  watches[watchKey(restocked.sku, userId)]?.watching === true &&
  deliveries[alertId(restocked, userId, 'inbox')] === undefined;

const entryOf = (restocked: Restocked, userId: string, now: Date): Sent =>
  inboxEntry({ id: alertId(restocked, userId, 'inbox'), ...announceReturn(restocked) }, userId, now);
