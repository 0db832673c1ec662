import { broken } from '@sluice/service-kit';
import { itNamesWhatBreaks, uuid } from '@sluice/testing/invariants';
import { describe } from 'vitest';
import { AUDITED, INVARIANTS } from './invariants.js';

const [VERIFIED, UNVERIFIED] = ['+15550000001', '+15550000002'];

describe('the invariants of accounts', () =>
  itNamesWhatBreaks({
    service: 'accounts',
    invariants: [...INVARIANTS, ...AUDITED],
    broken,
    tables: 'accounts, phones, revocations',
    sound: `
      INSERT INTO phones (phone, version) VALUES ('${VERIFIED}', 2), ('${UNVERIFIED}', 3), ('+15550000003', 0);
      INSERT INTO accounts (id, phone, verified_at, code_hash, code_expires_at, code_tries, token_epoch, version) VALUES
        ('${uuid(1)}', '${VERIFIED}', now(), NULL, NULL, 2, 1, 2),
        ('${uuid(2)}', '${UNVERIFIED}', NULL, 'hash', now(), 5, 0, 1),
        ('${uuid(3)}', '${UNVERIFIED}', NULL, 'hash', now(), 0, 0, 1),
        ('${uuid(4)}', '${UNVERIFIED}', NULL, 'hash', now(), 0, 0, 1),
        ('${uuid(5)}', NULL, NULL, NULL, NULL, 0, 2, 2),
        ('${uuid(6)}', NULL, NULL, NULL, NULL, 0, 1, 2);
      INSERT INTO accounts (id, phone) VALUES ('${uuid(7)}', NULL), ('${uuid(8)}', '+15550000004');
      INSERT INTO revocations (id, token_id, min_epoch, expires_at, version) VALUES
        ('${uuid(1)}', NULL, 1, now() + interval '30 days', 1),
        ('${uuid(5)}', NULL, 2, now() + interval '30 days', 2),
        ('${uuid(9)}', '${uuid(9)}', NULL, now() - interval '59 minutes', 1);
      INSERT INTO revocations (id) VALUES ('${uuid(8)}');`,
    breaks: {
      verified_accounts_have_a_number: [uuid(5), `UPDATE accounts SET verified_at = now() WHERE id = '${uuid(5)}'`],
      accounts_without_a_number_are_signed_out: [
        uuid(6),
        `UPDATE accounts SET token_epoch = 0 WHERE id = '${uuid(6)}'`,
      ],
      revoked_epochs_are_those_of_accounts: [uuid(1), `UPDATE accounts SET token_epoch = 0 WHERE id = '${uuid(1)}'`],
      verified_numbers_have_one_account: [
        UNVERIFIED,
        `UPDATE accounts SET verified_at = now(), code_hash = NULL WHERE id = '${uuid(2)}'`,
      ],
      unverified_numbers_have_few_accounts: [
        UNVERIFIED,
        `UPDATE accounts SET phone = '${UNVERIFIED}' WHERE id = '${uuid(5)}'`,
      ],
      numbers_of_accounts_have_their_row: [uuid(1), `DELETE FROM phones WHERE phone = '${VERIFIED}'`],
      codes_wait_for_an_unverified_number: [uuid(1), `UPDATE accounts SET code_hash = 'hash' WHERE id = '${uuid(1)}'`],
      codes_are_guessed_a_few_times: [uuid(2), `UPDATE accounts SET code_tries = 6 WHERE id = '${uuid(2)}'`],
      expired_revocations_are_deleted: [
        uuid(9),
        `UPDATE revocations SET expires_at = now() - interval '61 minutes' WHERE id = '${uuid(9)}'`,
      ],
    },
  }));
