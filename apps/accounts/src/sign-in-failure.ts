import { ProblemError } from '@sluice/messaging';
import type { FailureDecision, FailureKeys, Failures, FailureState } from './tables.js';

/** Counters of a sign-in: for its phone number and address together, and for its address alone. */
export interface Counted {
  pair: Failures;
  address: Failures;
}

/** Stands for any phone number; no real number has this form. */
export const ANY_PHONE = '*';

/** A phone number, and the address from which someone signs in with it. */
export interface Client {
  phone: string;
  client: string;
}

const keysOf = ({ phone, client }: Client) => ({ pair: `${phone}/${client}`, address: `${ANY_PHONE}/${client}` });

export const failureKeys = (of: Client): FailureKeys => ({ failures: Object.values(keysOf(of)) });

/** The decision of a rule about the counters of a sign-in. */
export const onFailures =
  (of: Client, rule: (counted: Counted, now: Date) => Counted) =>
  ({ failures }: FailureState, now: Date): FailureDecision => {
    const keys = keysOf(of);
    const { pair, address } = rule(
      {
        pair: failures[keys.pair] ?? noFailures(of.phone, of.client, now),
        address: failures[keys.address] ?? noFailures(ANY_PHONE, of.client, now),
      },
      now,
    );
    return { state: { failures: { [keys.pair]: pair, [keys.address]: address } } };
  };

const WINDOW_MS = 15 * 60_000;
/** A user who has the right password enters it within these tries. */
const PAIR_LIMIT = 5;
/**
 * Many people share an address (an office, a mobile network) and mistype now and then; a list of stolen passwords is
 * longer.
 */
const ADDRESS_LIMIT = 100;
/** The wait doubles with each further failure, which leaves about 30 guesses a day. */
const [FIRST_WAIT_MS, MAX_WAIT_MS] = [60_000, 3_600_000];

/** After this time without a failure a row has no effect any more. Milliseconds. */
export const FORGOTTEN_AFTER_MS = MAX_WAIT_MS + WINDOW_MS;

/**
 * Counts a sign-in as failed before its password is compared, so that concurrent tries count like consecutive ones.
 * @throws ProblemError 429 with `retryAfter` (s) while one of the two has failed too often; that try is not counted
 */
export function countTry({ pair, address }: Counted, now: Date): Counted {
  const [mine, all] = [standing(pair, forgottenAt(pair), now), standing(address, windowEnd(address), now)];
  refuseUntil(Math.max(pairWaitsUntil(mine), addressWaitsUntil(all)), now);
  return { pair: oneMore(mine, now), address: oneMore(all, now) };
}

/**
 * After a right password the pair starts from zero. The address loses only this try, or an attacker's own account
 * would clear it.
 */
export const takeBack = ({ pair, address }: Counted): Counted => ({
  pair: { ...pair, failures: 0, version: pair.version + 1 },
  address: oneLess(address),
});

/** Removes the try again, because the password was never compared. */
export const undo = ({ pair, address }: Counted): Counted => ({ pair: oneLess(pair), address: oneLess(address) });

const oneLess = (row: Failures): Failures => ({
  ...row,
  failures: Math.max(0, row.failures - 1),
  version: row.version + 1,
});

export const noFailures = (phone: string, client: string, now: Date): Failures => ({
  phone,
  client,
  failures: 0,
  since: now,
  lastAt: now,
  version: 0,
});

const windowEnd = ({ since }: Failures): number => since.getTime() + WINDOW_MS;

/** A pair that had to wait is kept for one more window after that, or every wait would be the first again. */
const forgottenAt = (pair: Failures): number => Math.max(windowEnd(pair), pairWaitsUntil(pair) + WINDOW_MS);

const pairWaitsUntil = ({ failures, lastAt }: Failures): number =>
  failures < PAIR_LIMIT
    ? -Infinity
    : lastAt.getTime() + Math.min(FIRST_WAIT_MS * 2 ** (failures - PAIR_LIMIT), MAX_WAIT_MS);

/** No longer than a window: other users of the address wait together with its attacker. */
const addressWaitsUntil = (address: Failures): number =>
  address.failures < ADDRESS_LIMIT ? -Infinity : windowEnd(address);

const standing = (row: Failures, until: number, now: Date): Failures =>
  now.getTime() < until ? row : { ...row, failures: 0, since: now };

const oneMore = (row: Failures, now: Date): Failures => ({
  ...row,
  failures: row.failures + 1,
  lastAt: now,
  version: row.version + 1,
});

function refuseUntil(until: number, now: Date): void {
  const retryAfter = Math.ceil((until - now.getTime()) / 1_000);
  if (retryAfter > 0)
    throw ProblemError.of(429, 'Too Many Requests', 'Signing in has failed too often. Please wait.', { retryAfter });
}
