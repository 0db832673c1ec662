import { PermanentError } from '@sluice/messaging';
import { BEFORE_ALL, Reannouncement, selected, type Position } from '@sluice/service-kit';
import type { Pool } from 'pg';
import { validate } from 'uuid';
import type { Booked, Carrier } from './carrier.js';
import { decideKnown } from './parcel-decision.js';
import { deliver, dispatch, parcelKeys } from './parcel.js';
import type { ParcelRepository } from './parcel.repository.js';

const UNDELIVERED = `
  SELECT id::text FROM parcels WHERE id > $1::uuid AND version > 0 AND status IN ('preparing', 'dispatched')
    AND carrier_reference IS NOT NULL AND $3::text IS NOT NULL
  ORDER BY parcels.id LIMIT $2`;

const KNOWN = 'SELECT FROM parcels WHERE id = $1 AND version > 0';

const RULES = { dispatched: dispatch, delivered: deliver };
const NOBODY_WAITS = { expectsReply: false };

/** `id`: the parcel, which is the position in the carrier's list. `trouble`: there is no list. */
type Row = { id: string } & ({ booked: Booked } | { trouble: string });

async function listed(carrier: Carrier, position: Position): Promise<Row[]> {
  try {
    return (await carrier.shipments(position)).map((booked) => ({ id: booked.parcelId, booked }));
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return [{ id: '', trouble: `${error.message}: compare them by hand with the parcels that are stored` }];
  }
}

/** Not recalled: its order may still be paid, and then it is that order's parcel. @returns what an operator must know */
async function unknown(pool: Pool, { parcelId, status }: Booked): Promise<string | undefined> {
  const known = validate(parcelId) ? await pool.query(KNOWN, [parcelId]) : undefined;
  if (known?.rowCount) return undefined;
  return `parcel ${parcelId} is booked at the carrier (${status}), and no order here has it`;
}

/**
 * Asks the carrier how far its parcels have come, and for which it has: what it has reported after a backup is lost by a
 * restore. Parcels are published again in reply to `order.paid`.
 */
export const parcelReannouncement = (pool: Pool, parcels: ParcelRepository, carrier: Carrier): Reannouncement =>
  new Reannouncement(
    {
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
    },
    {
      what: 'shipments of the carrier',
      rows: (position) => listed(carrier, position),
      announce: async (_, row: Row) => ('trouble' in row ? row.trouble : unknown(pool, row.booked)),
    },
  );
