/** Milliseconds within which 95 and 99 of 100 must be answered, when one machine of four cores runs the system and k6. */
const within = (p95, p99) => [`p(95)<${p95}`, `p(99)<${p99}`];

/** An order is answered when it is stored: one hop over the broker and one group commit. */
export const PLACED = within(500, 1500);
/** A claim is answered when the broker has it: no database is asked. */
export const CLAIMED = within(300, 1000);
/** "Sold out" comes from the gateway's memory. */
export const REFUSED = within(150, 500);

/** Answers that the API does not promise for the request: next to none. Those it does promise, such as 410 and 429, are no failures. */
export const FAILED = ['rate<0.001'];

/** The load was offered as it was meant: k6 may drop at most 1 of 100 iterations, or it had too few users (VUs) or the machine no time. */
export const offered = (iterations) => [`count<=${Math.ceil(iterations / 100)}`];

/** The books are right at the end: every rule of the audit, and the audit took place. */
export const AUDITED = { 'checks{audit:sale}': ['rate==1'] };
export const ORDERS_AUDITED = { 'checks{audit:orders}': ['rate==1'], unaccounted: ['count<=0'] };
