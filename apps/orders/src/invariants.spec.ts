import { broken } from '@sluice/service-kit';
import { itNamesWhatBreaks, uuid } from '@sluice/testing/invariants';
import { describe } from 'vitest';
import { invariantsOf } from './invariants.js';

describe('what holds of every order that waits', () =>
  itNamesWhatBreaks({
    service: 'orders',
    invariants: invariantsOf({ PAYMENT_WINDOW_SECONDS: 1_800, ORDER_DEADLINE_SECONDS: 7_200, DEADLINE_SWEEP_MS: 5_000 }),
    broken,
    tables: 'orders',
    sound: `
      INSERT INTO orders (id, status, placed_at, pay_by, version) VALUES
        ('${uuid(1)}', 'pending', now() - interval '2 hours 30 seconds', NULL, 1), ('${uuid(2)}', 'awaiting_payment', now() - interval '2 days', now() - interval '30 seconds', 3),
        ('${uuid(3)}', 'cancelled', now() - interval '2 days', now() - interval '1 day', 4), ('${uuid(4)}', 'paid', now() - interval '2 days', now() - interval '1 day', 4);`,
    breaks: {
      unpaid_orders_within_window: [uuid(2), `UPDATE orders SET pay_by = now() - interval '61 seconds' WHERE status = 'awaiting_payment'`],
      pending_orders_within_deadline: [uuid(1), `UPDATE orders SET placed_at = now() - interval '2 hours 61 seconds' WHERE status = 'pending'`],
    },
  }));
