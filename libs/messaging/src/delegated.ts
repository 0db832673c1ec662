/** Returned by a handler when another handler replies to this caller: the message is acknowledged without a reply. */
export const DELEGATED: unique symbol = Symbol('delegated');
