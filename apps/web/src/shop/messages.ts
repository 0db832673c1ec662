import type { components } from '../generated/api.js';

export type Message = components['schemas']['Notification'];

/** The messages with one more, the newest first; one that is known already stays once. */
export function withMessage(known: readonly Message[], message: Message): Message[] {
  if (known.some(({ id }) => id === message.id)) return [...known];
  return [message, ...known].sort((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0));
}

/** Where in the page it is about: an order, or the product that is back. */
export function placeOf({ about }: Pick<Message, 'about'>): string | undefined {
  if (about.startsWith('orders/')) return `/shop/${about}`;
  return about.startsWith('products/') ? '/shop' : undefined;
}
