import { BEFORE_ALL, Reannouncement, selected } from '@sluice/service-kit';
import type { Pool } from 'pg';
import type { Carrier } from './carrier.js';
import { decideKnown } from './parcel-decision.js';
import { deliver, dispatch, parcelKeys } from './parcel.js';
import type { ParcelRepository } from './parcel.repository.js';

const UNDELIVERED = `
  SELECT id::text FROM parcels WHERE id > $1::uuid AND version > 0 AND status IN ('preparing', 'dispatched')
    AND carrier_reference IS NOT NULL AND $3::text IS NOT NULL
  ORDER BY parcels.id LIMIT $2`;

const RULES = { dispatched: dispatch, delivered: deliver };
const NOBODY_WAITS = { expectsReply: false };

/**
 * Asks the carrier how far its parcels have come: what it has reported after a backup is lost by a restore. Parcels are
 * published again in reply to `order.paid`.
 */
export const parcelReannouncement = (pool: Pool, parcels: ParcelRepository, carrier: Carrier): Reannouncement =>
  new Reannouncement({
    what: 'parcels at the carrier',
    rows: selected(pool, UNDELIVERED, BEFORE_ALL),
    announce: async (message, { id: parcelId }) => {
      const progress = await carrier.progress(parcelId);
      if (progress === undefined) return;
      await parcels.change(
        message,
        parcelKeys({ parcelId }),
        decideKnown(parcelId, (parcel, now) => RULES[progress](parcel, NOBODY_WAITS, now)),
      );
    },
  });
