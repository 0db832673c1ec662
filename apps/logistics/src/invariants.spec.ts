import { broken } from '@sluice/service-kit';
import { itNamesWhatBreaks, uuid } from '@sluice/testing/invariants';
import { describe } from 'vitest';
import { AUDITED } from './invariants.js';

const at = (minutes: number): string => `now() - interval '${minutes} minutes'`;

describe('the invariants of every parcel', () =>
  itNamesWhatBreaks({
    service: 'logistics',
    invariants: AUDITED,
    broken,
    tables: 'parcels',
    sound: `

      INSERT INTO parcels
        (id, order_id, warehouse, status, carrier_reference, created_at, carrier_asked_at, halted_at, recalled_at, version)
      VALUES
        ('${uuid(1)}', '${uuid(6)}', 'east', 'preparing', NULL, ${at(14)}, ${at(14)}, NULL, NULL, 1),
        ('${uuid(2)}', '${uuid(6)}', 'west', 'dispatched', NULL, ${at(99)}, ${at(99)}, NULL, NULL, 2),
        ('${uuid(3)}', '${uuid(7)}', 'east', 'halted', NULL, ${at(99)}, ${at(14)}, ${at(14)}, NULL, 2),
        ('${uuid(4)}', '${uuid(7)}', 'west', 'halted', 'C-1', ${at(99)}, ${at(99)}, ${at(99)}, ${at(98)}, 3),
        ('${uuid(5)}', '${uuid(8)}', 'east', 'halted', NULL, ${at(99)}, NULL, ${at(99)}, NULL, 1);`,
    breaks: {
      parcels_halted_all_or_none: [
        uuid(6),
        `UPDATE parcels SET status = 'halted', carrier_asked_at = NULL WHERE id = '${uuid(1)}'`,
      ],
      one_parcel_per_warehouse: [uuid(6), `UPDATE parcels SET warehouse = 'east' WHERE id = '${uuid(2)}'`],
      parcels_are_booked: [uuid(1), `UPDATE parcels SET created_at = ${at(16)} WHERE id = '${uuid(1)}'`],
      recalls_are_answered: [uuid(3), `UPDATE parcels SET halted_at = ${at(16)} WHERE id = '${uuid(3)}'`],
    },
  }));
