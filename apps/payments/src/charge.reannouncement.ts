import type { Message } from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { Reannouncement, type Position } from '@sluice/service-kit';
import type { Pool } from 'pg';
import type { CardCapture, CardGateway } from './card-gateway.js';
import { adopt, attemptOf, chargedKeys, giveUp, refundKeyOf, type Comparison } from './charge.js';
import type { PayableRepository } from './payable.repository.js';

/** `id`: the gateway's reference, which is the position in its list. `trouble`: there is no list. */
type Row = { id: string } & ({ charge: CardCapture } | { trouble: string });

/** Captures of an order are found by the order, those of versions without a key by their id. */
const KNOWN = `SELECT
  coalesce((SELECT id FROM captures WHERE order_id = $2::uuid AND gateway_key = $1),
    (SELECT id FROM captures WHERE id = $3::uuid))::text AS "captureId",
  EXISTS (SELECT FROM stray_charges WHERE reference = $4) AS "isStray"`;
const GIVEN_BACK = `INSERT INTO stray_charges (reference, gateway_key, amount, currency, refund_reference)
  VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Compares the card gateway's charges with the captures: a database that was restored does not know those of later. A
 * charge whose order can still be paid becomes its payment. For another one nothing waits: it goes back, if the
 * operator says so. Payables are published again in reply to `order.priced` and `order.cancelled`. The charges that
 * were given back come first: whoever sends a parcel must hear before that its order is not paid.
 */
export function chargeReannouncement(pool: Pool, payables: PayableRepository, gateway: CardGateway): Reannouncement {
  const parts = { pool, payables, gateway };
  const charges = async (position: Position) => listed(gateway, position);
  const compare = async (message: Message, row: Row, refund: boolean) =>
    'trouble' in row ? row.trouble : new ComparedCharge(parts, row.charge).compare(message, refund);
  return new Reannouncement(
    {
      what: 'charges, looked through for refunds',
      first: true,
      rows: charges,
      announce: async (message, row: Row) =>
        'charge' in row && row.charge.refunded ? compare(message, row, false) : undefined,
    },
    {
      what: 'charges of the card gateway',
      rows: charges,
      announce: (message, row: Row, { refund }) => compare(message, row, refund),
    },
  );
}

async function listed(gateway: CardGateway, position: Position): Promise<Row[]> {
  try {
    return (await gateway.charges(position)).map((charge) => ({ id: charge.reference, charge }));
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return [{ id: '', trouble: `${error.message}: compare them by hand with the captures that are stored` }];
  }
}

interface Parts {
  pool: Pool;
  payables: PayableRepository;
  gateway: CardGateway;
}

class ComparedCharge {
  constructor(
    private readonly parts: Parts,
    private readonly charge: CardCapture,
  ) {}

  /** @returns what an operator must know */
  async compare(message: Message, refund: boolean): Promise<string | undefined> {
    const { captureId, isStray } = await this.#known();
    if (isStray || (captureId && !this.charge.refunded)) return undefined;
    const comparison = await this.#decide({ ...message, id: newId() }, captureId, refund);
    switch (comparison) {
      case 'adopted':
        return `${this.#name} is the payment of its order`;
      case 'returned':
        return `${this.#name} was given back: its order is cancelled, unless a parcel has left`;
      case 'busy':
        return `${this.#name}: a payment of its order is running; announce again when it has ended`;
      case 'known':
      case 'stray':
        // A payment under this key may have begun since the look-up; a spent key has none.
        if (!captureId && (await this.#known()).captureId) return this.compare(message, refund);
        return this.charge.refunded ? undefined : this.#stray(refund);
    }
  }

  /** `captureId`: of the capture under the charge's key. `isStray`: the charge was given back here. */
  async #known(): Promise<{ captureId: string | undefined; isStray: boolean }> {
    const { key, reference } = this.charge;
    const parameters = [key, attemptOf(key)?.orderId ?? null, UUID.test(key) ? key : null, reference];
    const { rows } = await this.parts.pool.query<{ captureId: string | null; isStray: boolean }>(KNOWN, parameters);
    const { captureId, isStray } = rows[0] ?? { captureId: null, isStray: false };
    return { captureId: captureId ?? undefined, isStray };
  }

  async #decide(message: Message, captureId: string | undefined, refund: boolean): Promise<Comparison> {
    const attempt = attemptOf(this.charge.key);
    if (!attempt) return this.charge.refunded ? 'known' : 'stray';
    const charge = { ...this.charge, ...attempt };
    const comparison = await this.parts.payables.change(message, chargedKeys(charge, captureId), (state, now) =>
      charge.refunded ? giveUp(state, charge, captureId, now) : adopt(state, charge, refund, now),
    );
    return typeof comparison === 'string' ? comparison : 'busy';
  }

  async #stray(refund: boolean): Promise<string | undefined> {
    const { reference, key, amount } = this.charge;
    if (!refund) return `${this.#name} was taken for nothing: --refund gives it back`;
    const receipt = await this.parts.gateway.refund({ reference, amount, idempotencyKey: refundKeyOf(key) });
    await this.parts.pool.query(GIVEN_BACK, [reference, key, amount.amount, amount.currency, receipt.reference]);
    return `${this.#name} was taken for nothing and goes back`;
  }

  get #name(): string {
    const { reference, key, amount } = this.charge;
    return `charge ${reference} of ${(amount.amount / 100).toFixed(2)} ${amount.currency} (${key})`;
  }
}
