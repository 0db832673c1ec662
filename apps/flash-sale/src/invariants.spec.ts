import { broken } from '@sluice/service-kit';
import { itNamesWhatBreaks, uuid } from '@sluice/testing/invariants';
import { describe } from 'vitest';
import { AUDITED, invariantsOf } from './invariants.js';

describe('the invariants of every sale', () =>
  itNamesWhatBreaks({
    service: 'flash-sale',
    invariants: [...invariantsOf({}), ...AUDITED],
    broken,
    tables: 'sales, claims',
    sound: `

      INSERT INTO sales (id, state, quantity, remaining, held, sold, version) VALUES
        ('${uuid(1)}', 'open', 5, 3, 1, 1, 9),
        ('${uuid(2)}', NULL, 0, 0, 0, 0, 0);

      INSERT INTO sales
        (id, state, quantity, remaining, returned, returned_confirmed, created_at, closes_at, waiting_since, version)
      VALUES
        ('${uuid(0)}', 'preparing', 5, 5, 0, 0, now() - interval '14 minutes', now(), now(), 1),

        ('00000000-0000-7000-8000-000000000010', 'closed', 5, 5, 5, 5,
          now() - interval '9 days', now() - interval '8 days', NULL, 5),

        ('00000000-0000-7000-8000-000000000011', 'closed', 5, 5, 5, 4,
          now() - interval '9 days', now() - interval '8 days', now() - interval '14 minutes', 5);
      UPDATE sales SET pay_within_seconds = 600;
      INSERT INTO claims (sale_id, user_id, round, win, won_round, order_id, version) VALUES

        ('${uuid(1)}', '${uuid(3)}', 1, 'held', 1, '${uuid(6)}', 1),
        ('${uuid(1)}', '${uuid(4)}', 1, 'paid', 1, '${uuid(7)}', 2),
        ('${uuid(1)}', '${uuid(5)}', 1, 'expired', 1, '${uuid(8)}', 3),
        ('${uuid(1)}', '${uuid(9)}', 1, NULL, NULL, NULL, 1);
      UPDATE claims SET won_at = now() - interval '144 minutes' WHERE win = 'held';
      UPDATE claims SET won_at = now() - interval '9 days' WHERE win <> 'held';`,
    breaks: {
      sale_pieces_conserved: [uuid(1), `UPDATE sales SET remaining = 2 WHERE id = '${uuid(1)}'`],
      sale_pieces_not_negative: [uuid(1), `UPDATE sales SET remaining = -1, quantity = 1 WHERE id = '${uuid(1)}'`],
      users_win_once: [
        `${uuid(1)}/${uuid(3)}`,

        `INSERT INTO claims (sale_id, user_id, round, win, won_round, order_id, version)
         VALUES ('${uuid(1)}', '${uuid(3)}', 2, 'held', 2, '${uuid(9)}', 1)`,
      ],
      sales_allotted: [
        uuid(0),
        `UPDATE sales SET created_at = now() - interval '16 minutes' WHERE state = 'preparing'`,
      ],
      closed_sales_shelved: [
        '00000000-0000-7000-8000-000000000011',
        `UPDATE sales SET shelve_at = now() - interval '16 minutes' WHERE state = 'closed' AND returned_confirmed = 4`,
      ],
      allotments_returned: [
        '00000000-0000-7000-8000-000000000011',
        `UPDATE sales SET waiting_since = now() - interval '16 minutes' WHERE state = 'closed'`,
      ],
      wins_have_orders: [
        `${uuid(1)}/${uuid(3)}`,
        `UPDATE claims SET won_at = now() - interval '146 minutes' WHERE win = 'held'`,
      ],
      won_pieces_have_winners: [uuid(1), `UPDATE claims SET win = 'expired' WHERE win = 'paid'`],
    },
  }));
