import type { Invariant } from '@sluice/service-kit';

/** Invariants of accounts without a number and of revocations, which an index finds: cheap enough for every scrape. */
export const INVARIANTS: readonly Invariant[] = [
  {
    name: 'verified_accounts_have_a_number',
    sql: 'SELECT id FROM accounts WHERE phone IS NULL AND version > 0 AND verified_at IS NOT NULL',
  },
  {
    // An account that has lost its number has lost its tokens of that time too.
    name: 'accounts_without_a_number_are_signed_out',
    sql: 'SELECT id FROM accounts WHERE phone IS NULL AND version > 0 AND token_epoch = 0',
  },
  {
    // Both are raised in one commit. An epoch that was raised alone would leave the earlier tokens valid at the gateways.
    name: 'revoked_epochs_are_those_of_accounts',
    sql: `
      SELECT revocations.id FROM revocations LEFT JOIN accounts USING (id)
      WHERE revocations.version > 0 AND min_epoch IS NOT NULL AND min_epoch IS DISTINCT FROM token_epoch`,
  },
];

/** Accounts that have one number without having verified it. Duplicated on purpose: the audit must not reuse the rule. */
const UNVERIFIED_PER_NUMBER = 3;
/** Guesses at one code. Duplicated on purpose, too. */
const GUESSES_PER_CODE = 5;
/** The sweep deletes expired revocations every 10 minutes while the service runs. */
const DELETED_WITHIN = "interval '1 hour'";

/** Invariants that read every account, or that an outage of the service may break: for `npm run audit`. */
export const AUDITED: readonly Invariant[] = [
  {
    name: 'verified_numbers_have_one_account',
    sql: `SELECT phone AS id FROM accounts WHERE phone IS NOT NULL AND version > 0
      GROUP BY phone HAVING count(*) > 1 AND count(verified_at) > 0`,
  },
  {
    name: 'unverified_numbers_have_few_accounts',
    sql: `SELECT phone AS id FROM accounts WHERE phone IS NOT NULL AND version > 0
      GROUP BY phone HAVING count(*) > ${UNVERIFIED_PER_NUMBER}`,
  },
  {
    // Changes of a number's accounts lock this row; without it two of them could be decided at once.
    name: 'numbers_of_accounts_have_their_row',
    sql: `
      SELECT id FROM accounts LEFT JOIN phones USING (phone)
      WHERE accounts.version > 0 AND phone IS NOT NULL AND coalesce(phones.version, 0) = 0`,
  },
  {
    name: 'codes_wait_for_an_unverified_number',
    sql: `SELECT id FROM accounts WHERE version > 0 AND code_hash IS NOT NULL
      AND (verified_at IS NOT NULL OR phone IS NULL OR code_expires_at IS NULL)`,
  },
  {
    name: 'codes_are_guessed_a_few_times',
    sql: `SELECT id FROM accounts WHERE version > 0 AND code_tries > ${GUESSES_PER_CODE}`,
  },
  {
    name: 'expired_revocations_are_deleted',
    sql: `SELECT id FROM revocations WHERE version > 0 AND expires_at < now() - ${DELETED_WITHIN}`,
  },
];
