import { broken } from '@sluice/service-kit';
import { itNamesWhatBreaks, uuid } from '@sluice/testing/invariants';
import { describe } from 'vitest';
import { INVARIANTS } from './invariants.js';

describe('what holds of every sale', () =>
  itNamesWhatBreaks({
    service: 'flash-sale',
    invariants: INVARIANTS,
    broken,
    tables: 'sales, claims',
    sound: `
      INSERT INTO sales (id, state, quantity, remaining, held, sold, version) VALUES ('${uuid(1)}', 'open', 5, 3, 1, 1, 9), ('${uuid(2)}', NULL, 0, 0, 0, 0, 0);
      INSERT INTO claims (sale_id, user_id, round, win, won_round, order_id, version) VALUES
        ('${uuid(1)}', '${uuid(3)}', 1, 'held', 1, '${uuid(6)}', 1), ('${uuid(1)}', '${uuid(4)}', 1, 'paid', 1, '${uuid(7)}', 2), ('${uuid(1)}', '${uuid(5)}', 1, 'expired', 1, '${uuid(8)}', 3),
        ('${uuid(1)}', '${uuid(9)}', 1, NULL, NULL, NULL, 1);`,
    breaks: {
      sale_pieces_conserved: [uuid(1), `UPDATE sales SET remaining = 2 WHERE version > 0`],
      sale_pieces_not_negative: [uuid(1), `UPDATE sales SET remaining = -1, quantity = 1 WHERE version > 0`],
      users_win_once: [`${uuid(1)}/${uuid(3)}`, `INSERT INTO claims (sale_id, user_id, round, win, won_round, order_id, version) VALUES ('${uuid(1)}', '${uuid(3)}', 2, 'held', 2, '${uuid(9)}', 1)`],
      won_pieces_have_winners: [uuid(1), `UPDATE claims SET win = 'expired' WHERE win = 'paid'`],
    },
  }));
