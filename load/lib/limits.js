/** Limits of the 95th and 99th percentile, in ms, for one machine with four cores that runs the system and k6. */
const within = (p95, p99) => [`p(95)<${p95}`, `p(99)<${p99}`];

/** An order gets its response when it is stored: one hop over the broker and one group commit. */
export const PLACED = within(500, 1500);
/** A claim gets its response when the broker has confirmed it, without a database query. */
export const CLAIMED = within(300, 1000);
/** The gateway responds "sold out" from its memory. */
export const REFUSED = within(150, 500);

/**
 * Share of responses that the API does not document for the request. Documented ones, like 410 and 429, do not count.
 */
export const FAILED = ['rate<0.001'];

/** k6 may drop at most 1 of 100 iterations. More means that it had too few VUs, or that the machine was too busy. */
export const offered = (iterations) => [`count<=${Math.ceil(iterations / 100)}`];

/** Every rule of the audit holds at the end, and the audit took place. */
export const AUDITED = { 'checks{audit:sale}': ['rate==1'] };
export const ORDERS_AUDITED = { 'checks{audit:orders}': ['rate==1'], unaccounted: ['count<=0'] };
