import type { Message } from '@sluice/contracts';
import { BATCH_SIZE, overdueSince, Sweep } from '@sluice/service-kit';
import type { Pool } from 'pg';
import { resendToCarrier } from './carrier-request.js';
import type { LogisticsConfig } from './config.js';
import { decideOne } from './parcel-decision.js';
import { parcelKeys } from './parcel.js';
import type { ParcelRepository } from './parcel.repository.js';

/**
 * Repeats requests whose message was lost with a broker's data, or discarded with the dead letters: found by their
 * state.
 */
export function overdueSweep(pool: Pool, parcels: ParcelRepository, { ASK_AGAIN_SECONDS }: LogisticsConfig): Sweep {
  const shared = {
    parameters: [ASK_AGAIN_SECONDS],
    resend: (message: Message, id: string) =>
      parcels.change(
        message,
        parcelKeys({ parcelId: id }),
        decideOne(id, (parcel, now) => resendToCarrier(parcel, ASK_AGAIN_SECONDS * 1_000, now)),
      ),
  };
  return new Sweep('logistics', (ASK_AGAIN_SECONDS * 1_000) / 4, pool, [
    {
      found: 'parcels were not booked for too long: the carrier is called again',
      sql: `
        SELECT id FROM parcels
        WHERE carrier_reference IS NULL AND status = 'preparing' AND carrier_refusal IS NULL
          AND ${overdueSince({ firstRequest: 'created_at', lastRequest: 'coalesce(carrier_asked_at, created_at)' })}
        ORDER BY created_at LIMIT ${BATCH_SIZE}`,
      ...shared,
    },
    {
      found: 'halted parcels were not recalled for too long: the carrier is called again',
      sql: `
        SELECT id FROM parcels

        WHERE halted_at IS NOT NULL AND recalled_at IS NULL AND carrier_refusal IS NULL
          AND ${overdueSince({ firstRequest: 'halted_at', lastRequest: 'carrier_asked_at' })}
        ORDER BY halted_at LIMIT ${BATCH_SIZE}`,
      ...shared,
    },
  ]);
}
