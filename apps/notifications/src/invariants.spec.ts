import { broken } from '@sluice/service-kit';
import { itNamesWhatBreaks, uuid } from '@sluice/testing/invariants';
import { describe } from 'vitest';
import { AUDITED } from './invariants.js';

describe('the invariants of notifications', () =>
  itNamesWhatBreaks({
    service: 'notifications',
    invariants: AUDITED,
    broken,
    tables: 'deliveries, texts, recipients, watches',
    sound: `
      INSERT INTO deliveries (id, user_id, channel, about, text, status, version) VALUES
        ('${uuid(1)}', '${uuid(9)}', 'sms', 'verification', 'A code (1), good for ten minutes.', 'kept', 1),
        ('${uuid(2)}', '${uuid(9)}', 'sms', 'verification', 'A code (2), good for ten minutes.', 'kept', 1),
        ('${uuid(3)}', '${uuid(8)}', 'sms', 'verification', 'A code (1), good for ten minutes.', 'kept', 1),
        ('${uuid(4)}', '${uuid(9)}', 'sms', 'orders/1', 'It is on its way.', 'sent', 1),
        ('${uuid(5)}', '${uuid(9)}', 'sms', 'orders/2', 'It is on its way.', 'sent', 1);
      INSERT INTO deliveries (id) VALUES ('${uuid(7)}');
      INSERT INTO texts (id, created_at, version) VALUES
        ('${uuid(5)}', now() - interval '1 day', 1),
        ('${uuid(6)}', now() - interval '14 minutes', 1),
        ('${uuid(7)}', now(), 1),
        ('${uuid(8)}', now() - interval '1 day', 0);
      INSERT INTO texts (id, user_id, created_at, asked_at, version)
        VALUES ('${uuid(0)}', '${uuid(9)}', now() - interval '1 day', NULL, 1);
      INSERT INTO recipients (user_id, version, watches) VALUES ('${uuid(9)}', 1, 2), ('${uuid(8)}', 1, 0);
      INSERT INTO watches (sku, user_id, watching, version) VALUES
        ('CAP', '${uuid(9)}', true, 1), ('MUG', '${uuid(9)}', true, 1), ('CAP', '${uuid(8)}', false, 2);`,
    breaks: {
      codes_sent_once: [
        `${uuid(9)}/sms`,
        `UPDATE deliveries SET text = 'A code (1), good for ten minutes.' WHERE id = '${uuid(2)}'`,
      ],
      inbox_entries_numbered: [uuid(8), `UPDATE recipients SET entries = 1 WHERE user_id = '${uuid(8)}'`],
      watches_counted: [uuid(8), `UPDATE watches SET watching = true WHERE user_id = '${uuid(8)}'`],
      texts_sent: [uuid(7), `UPDATE texts SET created_at = now() - interval '16 minutes' WHERE id = '${uuid(7)}'`],
    },
  }));
