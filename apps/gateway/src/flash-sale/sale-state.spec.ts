import { SaleState, type Sale } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { saleOf } from '../testing/flash-sale-peer.js';
import { admissionFor, stateAt } from './sale-state.js';

const [OPENS, CLOSES] = [Date.parse('2026-11-27T08:00:00Z'), Date.parse('2026-11-27T09:00:00Z')];
const sale = (change: Partial<Sale>): Sale =>
  saleOf({ id: 'x', opensAt: new Date(OPENS).toISOString(), closesAt: new Date(CLOSES).toISOString(), ...change });

describe('admissionFor', () => {
  it.each([
    ['scheduled', OPENS - 1, { is: 'early' }],
    ['scheduled', OPENS, { is: 'open', round: 1 }],
    ['scheduled', CLOSES - 1, { is: 'open', round: 1 }],
    ['scheduled', CLOSES, { is: 'closed' }],
    ['open', CLOSES - 1, { is: 'open', round: 3 }],
    ['open', CLOSES, { is: 'closed' }],
    ['sold-out', CLOSES - 1, { is: 'sold-out' }],
    ['sold-out', CLOSES, { is: 'closed' }],
    ['closed', OPENS, { is: 'closed' }],
  ] as const)('for a sale that is %s, at %d, returns %o', (state, now, admission) => {
    expect(admissionFor(sale({ state, round: state === 'scheduled' ? 0 : 3 }), now)).toEqual(admission);
  });

  it('admits claims on a sale that is not cached, in its first round', () => {
    expect(admissionFor(undefined, OPENS)).toEqual({ is: 'open', round: 1 });
  });

  it('admits claims before and after the fact that the sale is open under the same round', () => {
    expect(admissionFor(sale({ state: 'scheduled', round: 0 }), OPENS)).toEqual(
      admissionFor(sale({ state: 'open', round: 1 }), OPENS),
    );
  });

  it('is open exactly while the state is, and admits no claim after the close', () => {
    const any = fc.record({
      state: fc.constantFrom(...SaleState.options),
      now: fc.integer({ min: OPENS - 9, max: CLOSES + 9 }),
      round: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(any, ({ state, now, round }) => {
        const admission = admissionFor(sale({ state, round }), now);
        expect(admission.is === 'open').toBe(stateAt(sale({ state, round }), now) === 'open');
        if (now >= CLOSES) expect(admission.is).not.toBe('open');
      }),
    );
  });
});
