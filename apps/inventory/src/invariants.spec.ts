import { broken } from '@sluice/service-kit';
import { itNamesWhatBreaks, uuid } from '@sluice/testing/invariants';
import { describe } from 'vitest';
import { INVARIANTS } from './invariants.js';

describe('the invariants of every shelf', () =>
  itNamesWhatBreaks({
    service: 'inventory',
    invariants: INVARIANTS,
    broken,
    tables: 'stock, allotments',
    sound: `

      INSERT INTO stock (sku, warehouse, received, on_hand, reserved, allotted, issued, version) VALUES
        ('cap', 'east', 10, 4, 3, 2, 1, 5),
        ('mug', 'west', 0, 0, 0, 0, 0, 0);

      INSERT INTO allotments (sale_id, sku, status, quantity, remaining, taken, version) VALUES
        ('${uuid(1)}', 'cap', 'allotted', 3, '{"east": 2}', 1, 1),
        ('${uuid(2)}', 'mug', 'refused', 5, '{}', 0, 1);`,
    breaks: {
      stock_conserved: ['cap/east', `UPDATE stock SET on_hand = on_hand + 1 WHERE sku = 'cap'`],
      stock_not_negative: ['mug/west', `UPDATE stock SET on_hand = -1, reserved = 1 WHERE sku = 'mug'`],
      allotted_stock_in_allotments: ['cap/east', `UPDATE allotments SET remaining = '{"east": 1}' WHERE sku = 'cap'`],
    },
  }));
