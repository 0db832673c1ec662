import type { Message } from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import { Reannouncement, type Position } from '@sluice/service-kit';
import type { Pool } from 'pg';
import type { CardCapture, CardGateway } from './card-gateway.js';
import { adopt, adoptionKeys, attemptOf, refundKeyOf, type Adoption } from './charge.js';
import type { PayableRepository } from './payable.repository.js';

/** `id`: the gateway's reference, which is the position in its list. `trouble`: there is no list. */
type Row = { id: string } & ({ charge: CardCapture } | { trouble: string });

/** Captures of an order are found by the order, those of versions without a key by their id. */
const IS_KNOWN = `SELECT EXISTS (SELECT FROM captures WHERE order_id = $2::uuid AND gateway_key = $1)
  OR EXISTS (SELECT FROM captures WHERE id = $3::uuid) OR EXISTS (SELECT FROM stray_charges WHERE reference = $4) AS known`;
const GIVEN_BACK = `INSERT INTO stray_charges (reference, gateway_key, amount, currency, refund_reference)
  VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Compares the card gateway's charges with the captures: a database that was restored does not know those of later. A
 * charge whose order can still be paid becomes its payment. For another one nothing waits: it goes back, if the
 * operator says so. Payables are published again in reply to `order.priced` and `order.cancelled`.
 */
export const chargeReannouncement = (pool: Pool, payables: PayableRepository, gateway: CardGateway): Reannouncement =>
  new Reannouncement({
    what: 'charges of the card gateway',
    rows: (position) => listed(gateway, position),
    announce: async (message, row: Row, { refund }) =>
      'trouble' in row ? row.trouble : new Charge({ pool, payables, gateway }, row.charge).compare(message, refund),
  });

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

class Charge {
  constructor(
    private readonly parts: Parts,
    private readonly charge: CardCapture,
  ) {}

  /** @returns what an operator must know */
  async compare(message: Message, refund: boolean): Promise<string | undefined> {
    if (await this.#isKnown()) return undefined;
    switch (await this.#adopt(message)) {
      case 'adopted':
        return `${this.#name} is the payment of its order`;
      case 'known':
        return undefined;
      case 'busy':
        return `${this.#name}: a payment of its order is running; announce again when it has ended`;
      case 'stray':
        return this.#stray(refund);
    }
  }

  async #isKnown(): Promise<boolean> {
    const { key, reference } = this.charge;
    const parameters = [key, attemptOf(key)?.orderId ?? null, UUID.test(key) ? key : null, reference];
    const { rows } = await this.parts.pool.query<{ known: boolean }>(IS_KNOWN, parameters);
    return rows[0]?.known ?? false;
  }

  async #adopt(message: Message): Promise<Adoption> {
    const attempt = attemptOf(this.charge.key);
    if (!attempt || this.charge.refunded) return 'stray';
    const unknown = { ...this.charge, ...attempt };
    const adoption = await this.parts.payables.change(message, adoptionKeys(unknown), (state, now) =>
      adopt(state, unknown, now),
    );
    return typeof adoption === 'string' ? adoption : 'busy';
  }

  async #stray(refund: boolean): Promise<string | undefined> {
    const { reference, key, amount, refunded } = this.charge;
    if (refunded) return undefined;
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
