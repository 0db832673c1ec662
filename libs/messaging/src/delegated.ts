/** A handler returns it to say "somebody else answers this caller": the message is acknowledged without a reply. */
export const DELEGATED: unique symbol = Symbol('delegated');
