// @ts-nocheck
/**
 * @typedef {'pay' | 'leave' | 'cancel' | 'pay-and-cancel'} Wish what a customer means to do with an order
 *
 * @typedef {object} OrderEntry an order as its customer knows it
 * @property {string} key @property {string} userId @property {Wish} wish
 * @property {number[]} answers to POST /orders, 0 where none came @property {Set<string>} ids that the key was told: one
 * @property {string} [id] @property {number} [acceptedAt] @property {number} [paidAt] when a payment was answered with 200, or was seen
 * @property {true} [seenPaid] whether its customer has read that it is paid, or further
 * @property {number} [cancelAnswer] to the cancellation: 200, 202 or 409
 * @property {number} [endedAt] @property {string} [end] the state in which it ended @property {string} [trouble] why it was not followed to its end
 *
 * @typedef {object} ClaimEntry
 * @property {string} userId @property {boolean} pays whether its user would pay for a win
 * @property {number} [acceptedAt] absent: turned away at the door @property {string} [ticket] @property {string} [orderId] @property {number} [paidAt] @property {true} [seenPaid]
 * @property {number} [endedAt] @property {'won' | 'lost' | 'expired'} [end] @property {string} [trouble]
 */

/** What the clients themselves know: what was promised to them, and what they were told of its end. */
export class Ledger {
  /** @type {OrderEntry[]} */
  orders = [];
  /** @type {ClaimEntry[]} */
  claims = [];
  /** Requests that change something and were answered with "not now", or not at all. */
  refused = 0;
  #unexpected = new Map();

  /** An answer that the API does not know. */
  unexpected(what) {
    const kind = what.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|[\w-]{40,}/g, '…');
    this.#unexpected.set(kind, (this.#unexpected.get(kind) ?? 0) + 1);
  }

  get unexpectedAnswers() {
    return [...this.#unexpected].map(([what, count]) => `${what} (${count} times)`);
  }

  /** Accepted and not ended yet. */
  get inFlight() {
    const open = (entries) =>
      entries.filter(({ acceptedAt, endedAt }) => acceptedAt !== undefined && endedAt === undefined).length;
    return { orders: open(this.orders), claims: open(this.claims) };
  }
}
