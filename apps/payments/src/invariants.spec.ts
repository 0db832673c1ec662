import { broken } from '@sluice/service-kit';
import { itNamesWhatBreaks, uuid } from '@sluice/testing/invariants';
import { describe } from 'vitest';
import { AUDITED, INVARIANTS } from './invariants.js';

describe('the invariants of the money of every order', () =>
  itNamesWhatBreaks({
    service: 'payments',
    invariants: [...INVARIANTS, ...AUDITED],
    broken,
    tables: 'captures, payables',
    sound: `
      INSERT INTO captures (id, order_id, amount, status, gateway_reference, refund_reference, version) VALUES
        ('${uuid(1)}', '${uuid(6)}', 500, 'declined', NULL, NULL, 2),
        ('${uuid(2)}', '${uuid(6)}', 500, 'captured', 'g-2', NULL, 2),
        ('${uuid(3)}', '${uuid(7)}', 900, 'refunded', 'g-3', 'r-3', 3),
        ('${uuid(4)}', '${uuid(8)}', 100, 'pending', NULL, NULL, 1);
      UPDATE captures SET requested_at = now() - interval '14 minutes';
      INSERT INTO payables (order_id, status, capture_id, capturing_since, refunding_since, version) VALUES
        ('${uuid(8)}', 'capturing', '${uuid(4)}', now(), NULL, 2),
        ('${uuid(7)}', 'refunded', '${uuid(3)}', now() - interval '1 day', now() - interval '1 day', 5),
        ('${uuid(6)}', 'refunding', '${uuid(2)}', now() - interval '1 day', now() - interval '14 minutes', 4);`,
    breaks: {
      orders_captured_once: [
        uuid(6),

        `INSERT INTO captures (id, order_id, amount, status, gateway_reference, version)
         VALUES ('${uuid(5)}', '${uuid(6)}', 500, 'captured', 'g-5', 2)`,
      ],
      captures_have_outcomes: [uuid(8), `UPDATE captures SET requested_at = now() - interval '16 minutes'`],
      refunds_are_done: [
        uuid(6),
        `UPDATE payables SET refunding_since = now() - interval '16 minutes' WHERE status = 'refunding'`,
      ],
      refunds_within_captures: [uuid(8), `UPDATE captures SET refund_reference = 'r-4' WHERE id = '${uuid(4)}'`],
    },
  }));
