import type { Money } from '@sluice/contracts';

export interface CardCharge {
  token: string;
  amount: Money;
  /** The same key is the same charge, however often it is requested: the gateway captures the money once. */
  idempotencyKey: string;
}

/** A refund of the whole amount of one charge. */
export interface CardRefund {
  /** The gateway's reference of the charge. */
  reference: string;
  amount: Money;
  /** The same key is the same refund: the gateway refunds the money once. */
  idempotencyKey: string;
}

/** The gateway's decision; `reason` is shown to the payer. */
export type CardOutcome = { status: 'captured'; reference: string } | { status: 'declined'; reason: string };

/** A charge as the gateway lists it. */
export interface CardCapture {
  /** The gateway's reference of the charge. */
  reference: string;
  /** The idempotency key of the request. */
  key: string;
  amount: Money;
  refunded: boolean;
}

export interface Listing {
  /** RFC 3339. */
  since: string;
  /** The reference after which the list continues; undefined: from its begin. */
  after: string | undefined;
  limit: number;
}

/** The gateway's proof of the refund. */
export interface RefundReceipt {
  reference: string;
}

/** The company that charges cards. */
export interface CardGateway {
  /** @throws UnavailableError no reply: the charge may have succeeded, repeat it with the same key */
  capture(charge: CardCharge): Promise<CardOutcome>;
  /** @throws UnavailableError no reply: repeat it with the same key; PermanentError refused for good */
  refund(refund: CardRefund): Promise<RefundReceipt>;
  /**
   * The charges since then, oldest first. @throws UnavailableError no reply; PermanentError the gateway has no such
   * list
   */
  charges(listing: Listing): Promise<CardCapture[]>;
}

/** Nest's token of the gateway in use. */
export const CARD_GATEWAY = Symbol('card gateway');
