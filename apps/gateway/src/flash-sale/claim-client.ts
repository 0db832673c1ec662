/** The connection that knocks at the bounded queue, and does nothing else: what happens there does not hold up anything. */
export const CLAIM_CLIENT = Symbol('claim client');
