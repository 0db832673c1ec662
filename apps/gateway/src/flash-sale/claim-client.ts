/**
 * Connection that publishes claims to the bounded queue, and nothing else: backpressure there does not delay other
 * requests.
 */
export const CLAIM_CLIENT = Symbol('claim client');
