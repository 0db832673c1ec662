import { broken } from '@sluice/service-kit';
import { itNamesWhatBreaks, uuid } from '@sluice/testing/invariants';
import { describe } from 'vitest';
import { VERDICT_WITHIN_MS } from './deadline.js';
import { invariantsOf } from './invariants.js';

describe('the invariants of waiting orders', () =>
  itNamesWhatBreaks({
    service: 'orders',
    invariants: invariantsOf({ ORDER_DEADLINE_SECONDS: 7_200 }),
    broken,
    tables: 'orders, order_history',
    sound: `
      INSERT INTO orders (id, status, placed_at, pay_by, version) VALUES
        ('${uuid(1)}', 'pending', now() - interval '2 hours 30 seconds', NULL, 1),
        ('${uuid(2)}', 'awaiting_payment', now() - interval '2 days', now() - interval '${VERDICT_WITHIN_MS + 30_000} milliseconds', 3),
        ('${uuid(3)}', 'cancelled', now() - interval '2 days', now() - interval '1 day', 4),
        ('${uuid(4)}', 'paid', now() - interval '2 days', now() - interval '1 day', 4);
      INSERT INTO orders (id, status, placed_at, cancellation_requested_at, version) VALUES
        ('${uuid(5)}', 'paid', now() - interval '2 days', now(), 6),
        ('${uuid(6)}', 'shipped', now() - interval '2 days', now() - interval '1 day', 6);
      INSERT INTO order_history (order_id, version, at, type, detail, status) VALUES
        ('${uuid(5)}', 4, now() - interval '1 day', 'order.cancellation_requested', '{}', 'paid'),
        ('${uuid(5)}', 5, now() - interval '1 day', 'order.cancellation_refused', '{}', 'paid'),
        ('${uuid(5)}', 6, now() - interval '14 minutes', 'order.cancellation_requested', '{}', 'paid'),
        ('${uuid(6)}', 6, now() - interval '1 day', 'order.cancellation_requested', '{}', 'paid');
      INSERT INTO orders (id, user_id, status, reason, body_hash, lines, refusal, version) VALUES
        ('${uuid(7)}', '${uuid(1)}', 'cancelled', 'customer', NULL, NULL, NULL, 1),
        ('${uuid(8)}', '${uuid(1)}', 'rejected', 'not_orderable', 'hash', '[]', '{}', 1);
      INSERT INTO orders (id) VALUES ('${uuid(9)}');`,
    breaks: {
      unpaid_orders_within_window: [
        uuid(2),
        `UPDATE orders SET pay_by = now() - interval '${VERDICT_WITHIN_MS + 61_000} milliseconds'
          WHERE status = 'awaiting_payment'`,
      ],
      pending_orders_within_deadline: [
        uuid(1),
        `UPDATE orders SET placed_at = now() - interval '2 hours 61 seconds' WHERE status = 'pending'`,
      ],
      cancellations_answered: [
        uuid(5),
        `UPDATE order_history SET at = now() - interval '16 minutes' WHERE version = 6`,
      ],
      refusals_say_why: [uuid(8), `UPDATE orders SET reason = NULL WHERE status = 'rejected'`],
    },
  }));
