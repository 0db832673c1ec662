import { AsyncLocalStorage } from 'node:async_hooks';
import type { Message } from '@sluice/contracts';

const storage = new AsyncLocalStorage<Message>();

/** The message that is being handled here, for logs and for what it causes. */
export const currentMessage = (): Message | undefined => storage.getStore();

export const handling = <T>(message: Message, run: () => T): T => storage.run(message, run);
