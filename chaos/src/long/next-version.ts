// Preloaded (node --import) into a replica of notifications: its next version. It handles a fact that the others do not,
// and another version of one that they do. Both are announced by SMS, so that the provider can count them.
import { pathToFileURL } from 'node:url';
import { AccountRegistered, event } from '@sluice/contracts';
import { On } from '@sluice/messaging';
import { inRoot } from '@sluice/stack/workspace';

interface Listener {
  accountRegistered(message: { type: string }): Promise<void>;
  accountMoved?(message: { type: string }): Promise<void>;
}
const file = pathToFileURL(inRoot('apps/notifications/dist/notifications.listener.js')).href;
const { NotificationsListener } = (await import(file)) as { NotificationsListener: { prototype: Listener } };

Object.assign(AccountRegistered, { version: 2 });

const listener = NotificationsListener.prototype;
/** A new fact is announced as the one that exists already. */
listener.accountMoved = function accountMoved(message) {
  return this.accountRegistered({ ...message, type: AccountRegistered.type });
};
const descriptor = Object.getOwnPropertyDescriptor(listener, 'accountMoved') ?? {};
On(event('account.moved', AccountRegistered.schema))(listener, 'accountMoved', descriptor);
