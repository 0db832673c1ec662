import { AsyncLocalStorage } from 'node:async_hooks';
import type { Message } from '@sluice/contracts/kit';

const storage = new AsyncLocalStorage<Message>();

/** The message being handled in this async context, for logs and for the messages it causes. */
export const currentMessage = (): Message | undefined => storage.getStore();

export const handling = <T>(message: Message, run: () => T): T => storage.run(message, run);
