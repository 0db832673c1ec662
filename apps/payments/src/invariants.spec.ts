import { broken } from '@sluice/service-kit';
import { itNamesWhatBreaks, uuid } from '@sluice/testing/invariants';
import { describe } from 'vitest';
import { INVARIANTS } from './invariants.js';

describe('what holds of the money of every order', () =>
  itNamesWhatBreaks({
    service: 'payments',
    invariants: INVARIANTS,
    broken,
    tables: 'captures',
    sound: `
      INSERT INTO captures (id, order_id, amount, status, gateway_reference, refund_reference, version) VALUES
        ('${uuid(1)}', '${uuid(6)}', 500, 'declined', NULL, NULL, 2), ('${uuid(2)}', '${uuid(6)}', 500, 'captured', 'g-2', NULL, 2),
        ('${uuid(3)}', '${uuid(7)}', 900, 'refunded', 'g-3', 'r-3', 3), ('${uuid(4)}', '${uuid(8)}', 100, 'pending', NULL, NULL, 1);`,
    breaks: {
      orders_captured_once: [uuid(6), `INSERT INTO captures (id, order_id, amount, status, gateway_reference, version) VALUES ('${uuid(5)}', '${uuid(6)}', 500, 'captured', 'g-5', 2)`],
      refunds_within_captures: [uuid(8), `UPDATE captures SET refund_reference = 'r-4' WHERE id = '${uuid(4)}'`],
    },
  }));
