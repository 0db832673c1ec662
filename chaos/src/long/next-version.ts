// @ts-nocheck
// Preloaded (node --import) into a replica of notifications: its next version. It knows a fact that the others do not know, and
// another version of one that they do. Both are told by SMS, so that the provider can count them.
const built = (file) => import(new URL(`../../../${file}`, import.meta.url).href);
const [{ AccountRegistered, event }, { On }, { NotificationsListener }] = await Promise.all(
  [
    'libs/contracts/dist/index.js',
    'libs/messaging/dist/index.js',
    'apps/notifications/dist/notifications.listener.js',
  ].map(built),
);

AccountRegistered.version = 2;

const listener = NotificationsListener.prototype;
/** A new fact is told as the one that is known. */
listener.accountMoved = function accountMoved(message) {
  return this.notifications.welcome({ ...message, type: AccountRegistered.type });
};
const descriptor = Object.getOwnPropertyDescriptor(listener, 'accountMoved');
On(event('account.moved', AccountRegistered.schema))(listener, 'accountMoved', descriptor);
